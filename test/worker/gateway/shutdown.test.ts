import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { ShutdownRequest } from "../../../workers/contract/rpc/shutdown.ts";
import {
  bindings,
  callTool,
  makeWorkspace,
  upstreamStats,
  waitForRows,
} from "../support/gateway-client.ts";

// A cast: the entry points of workers/index.ts.
const { Shutdown } = exports as unknown as { Shutdown: Fetcher };

async function stop(request: ShutdownRequest): Promise<void> {
  const init = { method: "POST", body: JSON.stringify(request) };
  expect((await Shutdown.fetch("http://shutdown", init)).status).toBe(204);
}

/** The numbers that the object has reserved and stored. */
function readNumbers(slug: string): Promise<Record<string, unknown>> {
  return runInDurableObject(bindings.WORKSPACES.getByName(slug), (_instance, state) =>
    Object.fromEntries(
      state.storage.sql
        .exec("SELECT key, value FROM meta WHERE key LIKE '%_seq'")
        .toArray()
        .map(({ key, value }) => [key, value]),
    ),
  );
}

/** Starts a call; returns its promise, in an array, when its server has received it. */
async function startCall(client: { slug: string; token: string }, path: string) {
  const countCalls = async () => (await upstreamStats(path)).methods["tools/call"] ?? 0;
  const before = await countCalls();
  const calling = callTool(client, "echo");
  await expect.poll(countCalls).toBeGreaterThan(before);
  return [calling] as const;
}

test("an orderly stop leaves every outcome in D1 and no number reserved", async () => {
  const client = await makeWorkspace("stop-idle");
  for (let i = 0; i < 3; i++) await callTool(client, "echo");
  await callTool(client, "nothing");
  await stop({ startedAt: 0, graceMs: 10_000 });
  const rows = await waitForRows("stop-idle", 0);
  expect(rows.map(({ seq, status }) => [seq, status])).toEqual([
    [1, "ok"],
    [2, "ok"],
    [3, "ok"],
    [4, "error"],
  ]);
  expect(await readNumbers("stop-idle")).toEqual({ reserved_seq: "4", durable_seq: "4" });
});

test("a call that ends within the time of the stop keeps its outcome, and a later one is refused", async () => {
  const client = await makeWorkspace("stop-slow", { slow: "/call/slow" });
  const [calling] = await startCall(client, "/call/slow");
  const stopping = stop({ startedAt: 0, graceMs: 10_000 });
  await expect.poll(async () => (await callTool(client, "echo")).response.status).toBe(503);
  expect((await calling).message.result.content[0].text).toBe("late");
  await stopping;
  expect(await waitForRows("stop-slow", 0)).toMatchObject([{ seq: 1, status: "ok" }]);
});

test("a call that does not end within the time of the stop is recorded as cancelled", async () => {
  const client = await makeWorkspace("stop-hanging", { hangs: "/call/hang" });
  const [calling] = await startCall(client, "/call/hang");
  await stop({ startedAt: 0, graceMs: 0 });
  const row = { seq: 1, status: "cancelled", errorCode: "gateway_stopped", toolName: "echo" };
  expect(await waitForRows("stop-hanging", 0)).toMatchObject([row]);
  // What the call reports later does not replace it.
  await calling;
  expect(await waitForRows("stop-hanging", 0)).toMatchObject([row]);
});

test("an orderly stop leaves a call that an earlier runtime lost to be recorded as unknown", async () => {
  const client = await makeWorkspace("stop-earlier", { hangs: "/call/hang" });
  const [calling] = await startCall(client, "/call/hang");
  await stop({ startedAt: Date.now() + 60_000, graceMs: 0 });
  expect(await waitForRows("stop-earlier", 0)).toEqual([]);
  await calling;
});
