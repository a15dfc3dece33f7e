import { describe, expect, inject, test } from "vitest";
import {
  change,
  makeMember,
  makeWorkspace,
  modernRpc,
  rpc,
  type Client,
} from "../../support/gateway-client.ts";
import {
  sendListen,
  sendGet,
  openSession,
  openSubscription,
  openStream,
} from "../../support/notification-streams.ts";

const ALL = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

describe("notification streams", () => {
  test("a revoked token's streams end, the modern one with its result", async () => {
    const client = await makeWorkspace("ended");
    const member = await makeMember("ended", []);
    const theirs = { slug: "ended", token: member.token };
    const legacy = await openStream(client);
    const modern = await openSubscription(client, ALL);
    const others = [await openStream(theirs), await openSubscription(theirs, ALL)];
    await change("ended", { type: "token.revoke", id: client.tokenId });
    expect(await legacy.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(await modern.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(modern.messages.at(-1)).toMatchObject({
      id: "sub-1",
      result: {
        resultType: "complete",
        _meta: { "io.modelcontextprotocol/subscriptionId": "sub-1" },
      },
    });
    expect(others.map(({ hasEnded }) => hasEnded)).toEqual([false, false]);
    await change("ended", { type: "member.delete", id: member.memberId });
    for (const stream of others)
      expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
  });

  test("a token's expiry and its workspace's deletion end its streams", async () => {
    await makeWorkspace("expires");
    const { token } = await change("expires", {
      type: "token.create",
      input: { label: "short", expiresAt: Date.now() + 1_000 },
    });
    const short = await openStream({ slug: "expires", token });
    expect(await short.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    const client = await makeWorkspace("deleted");
    const stream = await openStream(client);
    await change("deleted", { type: "workspace.delete" });
    expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
  });

  test("a GET is checked like a POST and must accept an event stream", async () => {
    const client = await makeWorkspace("gets");
    expect((await sendGet({ slug: "gets", token: `mng_${"0".repeat(48)}` })).status).toBe(401);
    expect((await sendGet(client, { origin: "http://evil.test" })).status).toBe(403);
    expect((await sendGet(client, { accept: "application/json" })).status).toBe(406);
    expect((await sendGet(client, { "mcp-session-id": "forged" })).status).toBe(404);
    expect((await sendGet(client, { "mcp-protocol-version": "2024-01-01" })).status).toBe(400);
    const modern = await sendGet(client, { "mcp-protocol-version": "2026-07-28" });
    expect([modern.status, modern.headers.get("allow")]).toEqual([405, "POST"]);
    const stream = await sendGet(client);
    expect(stream.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.headers.get("x-accel-buffering")).toBe("no");
    await stream.body?.cancel();
  });

  test("a token can have 32 streams, and each that ends makes room", async () => {
    const client = await makeWorkspace("many-streams");
    const streams = [];
    for (let n = 0; n < 32; n++) streams.push(await openStream(client));
    const refused = await sendGet(client);
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain("streams open");
    expect((await sendListen(client, ALL)).status).toBe(429);
    const { token } = await change("many-streams", {
      type: "token.create",
      input: { label: "other" },
    });
    expect((await sendGet({ slug: "many-streams", token })).status).toBe(200);
    await Promise.all(streams.map((stream) => stream.close()));
    // The next comment shows that the client has disconnected.
    await expect.poll(async () => openStatus(client)).toBe(200);
  });

  test("a member can have 64 streams with all tokens, and others open theirs", async () => {
    await makeWorkspace("member-streams");
    const limits = { perAddressPerMinute: 10_000, perTokenPerMinute: null };
    await change("member-streams", { type: "workspace.update", patch: { limits } });
    const { memberId, token } = await makeMember("member-streams", []);
    const neighbour = await makeMember("member-streams", []);
    const input = { label: "x", memberId };
    const tokens = [token];
    for (let i = 0; i < 2; i++)
      tokens.push((await change("member-streams", { type: "token.create", input })).token);
    const statuses = [];
    const streams = [];
    for (let n = 0; n < 65; n++) {
      const by = tokens[n % 3] ?? token;
      const response = await sendGet({ slug: "member-streams", token: by });
      statuses.push(response.status);
      streams.push(response);
    }
    expect(statuses).toEqual([...Array.from({ length: 64 }, () => 200), 429]);
    expect(await streams.at(-1)?.text()).toContain("All tokens of this user together");
    const theirs = await sendGet({ slug: "member-streams", token: neighbour.token });
    expect(theirs.status).toBe(200);
    for (const stream of [theirs, ...streams.slice(0, -1)]) await stream.body?.cancel();
  });

  test("only the latest stream of a session stays open", async () => {
    const client = await makeWorkspace("latest", {});
    const session = await openSession(client);
    const first = await openStream(client, session);
    const second = await openStream(client, session);
    expect(await first.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(second.hasEnded).toBe(false);
    await second.close();
  });

  test("a subscription counts as one request, and a malformed filter is refused", async () => {
    const client = await makeWorkspace("counted");
    const response = await sendListen(client, { resourceSubscriptions: "all" });
    expect(await response.json()).toMatchObject({ id: "sub-1", error: { code: -32602 } });
    const nothing = await openSubscription(client, { resourceSubscriptions: ["test://nowhere"] });
    expect(await nothing.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(nothing.messages).toHaveLength(2);
    const limits = { perAddressPerMinute: 5, perTokenPerMinute: null };
    await change("counted", { type: "workspace.update", patch: { limits } });
    const streams = [await sendGet(client), await sendGet(client), await sendGet(client)];
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await sendGet(client)).status).toBe(429);
    for (const stream of streams) await stream.body?.cancel();
  });

  test("the capabilities of both eras declare the supported notifications", async () => {
    const client = await makeWorkspace("offers", {});
    const url = `${inject("announcingUrl")}/modern/offers`;
    await change("offers", { type: "server.create", input: { slug: "up", url } });
    const offered = {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
    };
    const { message } = await modernRpc(client, "server/discover");
    expect(message.result.capabilities).toEqual(offered);
    const initialized = await rpc(client, "initialize", { protocolVersion: "2025-11-25" });
    expect(initialized.message.result.capabilities).toEqual(offered);
  });
});

/** Returns the status of a GET for a stream, which closes at once. */
async function openStatus(client: Client): Promise<number> {
  const response = await sendGet(client);
  await response.body?.cancel();
  return response.status;
}
