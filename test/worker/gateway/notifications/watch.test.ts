import { describe, expect, inject, test } from "vitest";
import type { WatchRequest } from "../../../../workers/contract/rpc/watch.ts";
import { bindings, change, makeWorkspace } from "../../support/gateway-client.ts";
import { announcing } from "../../support/listening.ts";

async function digestOf(token: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(bytes).toHex();
}

async function requestOf(token: string, more: Partial<WatchRequest>): Promise<WatchRequest> {
  const digest = await digestOf(token);
  const nothing = { lists: {}, resources: [], session: null, since: null, call: null };
  return { digest, era: "legacy", ...nothing, ...more };
}

describe("a watch", () => {
  test("ends when its call is cancelled, also when that came first, and no other does", async () => {
    const { token } = await makeWorkspace("cancels");
    const workspace = bindings.WORKSPACES.getByName("cancels");
    const pending = workspace.watch(await requestOf(token, { call: "one" }));
    const other = workspace.watch(await requestOf(token, { call: "other" }));
    await workspace.cancelCall("one");
    expect(await pending).toEqual({ kind: "cancelled" });
    await workspace.cancelCall("two");
    expect(await workspace.watch(await requestOf(token, { call: "two" }))).toEqual({
      kind: "cancelled",
    });
    expect(await Promise.race([other, scheduler.wait(200)])).toBeUndefined();
    await workspace.cancelCall("other");
  });

  test("of an unknown token ends at once", async () => {
    await makeWorkspace("strange");
    const workspace = bindings.WORKSPACES.getByName("strange");
    expect(await workspace.watch(await requestOf("mng_", {}))).toEqual({ kind: "ended" });
    const nowhere = bindings.WORKSPACES.getByName("nowhere");
    expect(await nowhere.watch(await requestOf("mng_", {}))).toEqual({ kind: "ended" });
  });

  test("with other fingerprints than hold has news at once", async () => {
    const { token } = await makeWorkspace("prints");
    const workspace = bindings.WORKSPACES.getByName("prints");
    const news = await workspace.watch(await requestOf(token, { lists: { tools: "old" } }));
    expect(news).toMatchObject({ kind: "news", changed: ["tools"], updated: [] });
  });

  test("of a stream that an earlier life of the object began has its servers listened to", async () => {
    const { token } = await makeWorkspace("revived", {});
    const url = `${inject("announcingUrl")}/modern/revived`;
    await change("revived", { type: "server.create", input: { slug: "up", url } });
    const workspace = bindings.WORKSPACES.getByName("revived");
    const lists = { tools: null };
    const pending = workspace.watch(await requestOf(token, { lists, call: "stream" }));
    for (let wait = 0; wait < 30 && (await announcing("revived")).streams === 0; wait++)
      await scheduler.wait(50);
    await announcing("revived", { announce: ["tools"] });
    expect(await pending).toMatchObject({ kind: "news", changed: ["tools"] });
    await workspace.cancelCall("stream");
  });
});
