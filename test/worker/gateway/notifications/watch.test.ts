import { describe, expect, inject, test } from "vitest";
import { bindings, change, makeWorkspace } from "../../support/gateway-client.ts";
import { readServerId } from "../../support/management-client.ts";
import { controlUpstream } from "../../support/notification-streams.ts";

/** A call of the server `ok` of a workspace. */
async function itemIn(slug: string) {
  return { method: "tools/call", serverId: await readServerId(slug, "ok"), key: "echo" };
}

async function digestOf(token: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(bytes).toHex();
}

describe("watching a call", () => {
  test("a watch of a call ends when the call is cancelled, also if that came first, and no other watch ends", async () => {
    const client = await makeWorkspace("cancels");
    const digest = await digestOf(client.token);
    const item = await itemIn("cancels");
    const workspace = bindings.WORKSPACES.getByName("cancels");
    const pending = workspace.watchCall({ digest, call: "one", item, url: null });
    const other = workspace.watchCall({ digest, call: "other", item, url: null });
    await workspace.cancelCall("one");
    expect(await pending).toBe("cancelled");
    await workspace.cancelCall("two");
    expect(await workspace.watchCall({ digest, call: "two", item, url: null })).toBe("cancelled");
    expect(await Promise.race([other, scheduler.wait(200)])).toBeUndefined();
    await change("cancels", { type: "token.revoke", id: client.tokenId });
    expect(await other).toBe("token_revoked");
  });

  test("a watch with an unknown token ends at once", async () => {
    await makeWorkspace("strange");
    const item = await itemIn("strange");
    const request = { digest: await digestOf("mng_"), call: null, item, url: null };
    const workspace = bindings.WORKSPACES.getByName("strange");
    expect(await workspace.watchCall(request)).toBe("token_revoked");
    const nowhere = bindings.WORKSPACES.getByName("nowhere");
    expect(await nowhere.watchCall(request)).toBe("token_revoked");
  });
});

describe("watching a notification stream", () => {
  const position = { stream: "stream", lists: {}, resources: [], session: null, since: 0 };

  test("a watch of a stream ends when the stream is closed, also if that came first, and with an unknown token", async () => {
    const { token } = await makeWorkspace("closes");
    const digest = await digestOf(token);
    const workspace = bindings.WORKSPACES.getByName("closes");
    const pending = workspace.watchChanges({ ...position, digest });
    await workspace.closeStream("stream");
    expect(await pending).toEqual({ kind: "closed" });
    await workspace.closeStream("next");
    const closed = { kind: "closed" };
    expect(await workspace.watchChanges({ ...position, digest, stream: "next" })).toEqual(closed);
    const unknown = { ...position, digest: await digestOf("mng_"), stream: "unknown" };
    expect(await workspace.watchChanges(unknown)).toEqual(closed);
  });

  test("a watch with outdated fingerprints returns the changes at once", async () => {
    const { token } = await makeWorkspace("prints");
    const digest = await digestOf(token);
    const workspace = bindings.WORKSPACES.getByName("prints");
    const result = await workspace.watchChanges({ ...position, digest, lists: { tools: "old" } });
    expect(result).toMatchObject({
      kind: "changes",
      changedLists: ["tools"],
      updatedResources: [],
    });
  });

  test("a stream from before an eviction subscribes to its servers again", async () => {
    const { token } = await makeWorkspace("revived", {});
    const digest = await digestOf(token);
    const url = `${inject("announcingUrl")}/modern/revived`;
    await change("revived", { type: "server.create", input: { slug: "up", url } });
    const workspace = bindings.WORKSPACES.getByName("revived");
    const request = { ...position, digest, lists: { tools: "before the eviction" } };
    const first = await workspace.watchChanges(request);
    const lists = first.kind === "changes" ? first.lists : {};
    const pending = workspace.watchChanges({ ...request, lists });
    await expect.poll(async () => (await controlUpstream("revived")).streams).toBe(1);
    await controlUpstream("revived", { announce: ["tools"] });
    expect(await pending).toMatchObject({ kind: "changes", changedLists: ["tools"] });
    await workspace.closeStream("stream");
  });
});
