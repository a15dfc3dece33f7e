import { describe, expect, test } from "vitest";
import { bindings, change, makeWorkspace } from "../../support/gateway-client.ts";
import { readServerId } from "../../support/management-client.ts";

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
