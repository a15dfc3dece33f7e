import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import {
  bindings,
  callTool,
  change,
  makeWorkspace,
  upstreamStats,
} from "../../support/gateway-client.ts";

const NEWER = '{"kid":"k2","key":"ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="}';

test("the cron adopts a new master key, and credentials work after the old key is removed", async () => {
  const client = await makeWorkspace("rotation", { ok: "/ok/rotation" });
  const credentials = { authorization: "Bearer kept-secret" };
  await change("rotation", { type: "server.update", slug: "ok", patch: { credentials } });
  const stub = bindings.WORKSPACES.getByName("rotation");
  const older = bindings.MCPNEST_MASTER_KEYS;
  await useKeys(`[${NEWER},${older.slice(1)}`);
  await stub.wake();
  await useKeys(`[${NEWER}]`);
  expect((await callTool(client, "echo")).message.result).toBeDefined();
  expect((await upstreamStats("/ok/rotation")).last?.headers["authorization"]).toBe(
    "Bearer kept-secret",
  );

  async function useKeys(keys: string): Promise<void> {
    await runInDurableObject(stub, (instance) => {
      // The replica keeps the environment object of the start: only its content can change.
      Object.assign(Reflect.get(instance, "env"), { MCPNEST_MASTER_KEYS: keys });
    });
  }
});

test("a malformed key ring refuses changes with the reason, and calls continue", async () => {
  const client = await makeWorkspace("bad-ring");
  const stub = bindings.WORKSPACES.getByName("bad-ring");
  const set = (keys: string) =>
    runInDurableObject(stub, (instance) =>
      Object.assign(Reflect.get(instance, "env"), { MCPNEST_MASTER_KEYS: keys }),
    );
  const good = bindings.MCPNEST_MASTER_KEYS;
  await set("not json");
  const outcome = await stub.change({ type: "server.delete", slug: "ok" }, "test", null);
  await set(good);
  expect(outcome).toMatchObject({ ok: false, refusal: { code: "unavailable" } });
  expect(JSON.stringify(outcome)).toContain("MCPNEST_MASTER_KEYS");
  expect((await callTool(client, "echo")).message.result).toBeDefined();
});
