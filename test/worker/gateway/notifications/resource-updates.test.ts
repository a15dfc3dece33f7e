import { describe, expect, inject, test } from "vitest";
import {
  change,
  makeMember,
  makeWorkspace,
  post,
  waitForRows,
} from "../../support/gateway-client.ts";
import {
  controlUpstream,
  openSession,
  openStream,
  openSubscription,
} from "../../support/notification-streams.ts";

const ALL = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

describe("resource updates", () => {
  test("an update reaches only the session that subscribed, until it unsubscribes", async () => {
    const client = await makeWorkspace("updates", {});
    const url = `${inject("announcingUrl")}/legacy/updates`;
    await change("updates", { type: "server.create", input: { slug: "up", url } });
    const member = await makeMember("updates", ["up:*"]);
    const other = { slug: "updates", token: member.token };
    const [mine, second, theirs] = [
      await openSession(client),
      await openSession(client),
      await openSession(other),
    ];
    const uri = "test://updates/a";
    const inSession = (method: string, params: Record<string, unknown>) =>
      post(client, { jsonrpc: "2.0", id: 1, method, params }, { "mcp-session-id": mine });
    const streams = [
      await openStream(client, mine),
      await openStream(client, second),
      await openStream(other, theirs),
    ];
    const subscribed = await inSession("resources/subscribe", { uri });
    expect(await subscribed.json()).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    expect((await controlUpstream("updates")).uris).toEqual([uri]);
    await controlUpstream("updates", { update: uri });
    expect(await streams[0]?.waitForMethods()).toEqual(["resources/updated"]);
    expect(streams[0]?.messages[0].params).toEqual({ uri });
    await inSession("resources/unsubscribe", { uri });
    expect((await controlUpstream("updates")).uris).toEqual([]);
    await controlUpstream("updates", { update: uri });
    await scheduler.wait(1_200);
    expect(streams.map((stream) => stream.messages.length)).toEqual([1, 0, 0]);
    await Promise.all(streams.map((stream) => stream.close()));
  });

  test("a subscription is admitted like a read, and every refusal creates an audit row", async () => {
    const client = await makeWorkspace("subs", { quiet: "/prompts/none" });
    const url = `${inject("announcingUrl")}/legacy/subs`;
    await change("subs", { type: "server.create", input: { slug: "up", url } });
    const member = await makeMember("subs", ["quiet:*"]);
    const subscribe = async (token: string, uri: string, session?: string) => {
      const response = await post(
        { slug: "subs", token },
        { jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri } },
        session ? { "mcp-session-id": session } : {},
      );
      return (await response.json<{ error?: { code: number } }>()).error?.code ?? "ok";
    };
    const uri = "test://subs/a";
    const session = await openSession(client);
    const theirs = await openSession({ slug: "subs", token: member.token });
    expect([
      await subscribe(client.token, uri),
      await subscribe(client.token, "test://nowhere", session),
      await subscribe(client.token, uri, session),
      await subscribe(member.token, uri, theirs),
      await subscribe(member.token, uri),
    ]).toEqual([-32601, -32002, "ok", -32601, -32601]);
    const rows = await waitForRows("subs", 5);
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ["error", "no_session"],
      ["error", "unknown_resource"],
      ["ok", null],
      ["error", "no_updates"],
      ["error", "no_updates"],
    ]);
  });

  test("a member who loses access to a server gets no more updates of its resources", async () => {
    await makeWorkspace("lost", { plain: "/ok" });
    const url = `${inject("announcingUrl")}/modern/lost`;
    await change("lost", { type: "server.create", input: { slug: "up", url } });
    const member = await makeMember("lost", ["up:*"]);
    const other = await makeMember("lost", ["up:*"]);
    const uri = "test://lost/a";
    const [mine, theirs] = [
      await openSubscription(
        { slug: "lost", token: member.token },
        { resourceSubscriptions: [uri] },
      ),
      await openSubscription(
        { slug: "lost", token: other.token },
        { resourceSubscriptions: [uri] },
      ),
    ];
    await change("lost", { type: "member.rules", id: member.memberId, rules: ["plain:*"] });
    await controlUpstream("lost", { update: uri });
    expect(await theirs.waitForMethods(2)).toHaveLength(2);
    await scheduler.wait(200);
    expect(mine.messages).toHaveLength(1);
    await mine.close();
    await theirs.close();
  });

  test("only URIs that the member can read and whose server sends updates are acknowledged", async () => {
    const client = await makeWorkspace("acks", {});
    const url = `${inject("announcingUrl")}/modern/acks`;
    await change("acks", { type: "server.create", input: { slug: "up", url } });
    const other = inject("everythingUrl");
    await change("acks", { type: "server.create", input: { slug: "other", url: other } });
    const plain = `${inject("hostileUrl")}/prompts/none`;
    await change("acks", { type: "server.create", input: { slug: "plain", url: plain } });
    const member = await makeMember("acks", ["plain:*"]);
    const uris = ["test://acks/a", "test://nowhere/b"];
    const filter = { ...ALL, resourceSubscriptions: uris, somethingElse: ["t"] };
    const stream = await openSubscription(client, filter);
    expect(stream.messages[0].params.notifications).toEqual({
      ...ALL,
      resourceSubscriptions: ["test://acks/a"],
    });
    const theirs = await openSubscription({ slug: "acks", token: member.token }, filter);
    expect(theirs.messages[0].params.notifications).toEqual(ALL);
    await controlUpstream("acks", { update: "test://acks/a" });
    expect(await stream.waitForMethods(2)).toEqual([
      "subscriptions/acknowledged",
      "resources/updated",
    ]);
    expect(stream.messages[1].params).toEqual({
      uri: "test://acks/a",
      _meta: { "io.modelcontextprotocol/subscriptionId": "sub-1" },
    });
    await scheduler.wait(200);
    expect(theirs.messages).toHaveLength(1);
    await stream.close();
    await theirs.close();
  });

  test("a stream that the server ended is opened again with the last event's id", async () => {
    const client = await makeWorkspace("back", {});
    const url = `${inject("announcingUrl")}/legacy/back`;
    await change("back", { type: "server.create", input: { slug: "up", url } });
    const stream = await openStream(client);
    await controlUpstream("back", { hangUp: true });
    await expect.poll(async () => (await controlUpstream("back")).streams).toBe(1);
    const { sessions, lastEventIds } = await controlUpstream("back");
    // The other session is the catalogue's.
    expect([sessions, lastEventIds]).toEqual([2, ["7"]]);
    await controlUpstream("back", { announce: ["tools"] });
    expect(await stream.waitForMethods()).toEqual(["tools/list_changed"]);
    await stream.close();
  });

  test("adding another client's URIs to the stream loses no update", async () => {
    const client = await makeWorkspace("union", {});
    const url = `${inject("announcingUrl")}/modern/union`;
    await change("union", { type: "server.create", input: { slug: "up", url } });
    const [a, b] = ["test://union/a", "test://union/b"];
    const first = await openSubscription(client, { resourceSubscriptions: [a] });
    const second = await openSubscription(client, { resourceSubscriptions: [b] });
    const { listens, streams } = await controlUpstream("union");
    expect(listens).toEqual([{ resourceSubscriptions: [a] }, { resourceSubscriptions: [a, b] }]);
    expect(streams).toBe(1);
    await controlUpstream("union", { update: a });
    await controlUpstream("union", { update: b });
    await first.waitForMethods(2);
    await second.waitForMethods(2);
    expect(first.messages.slice(1).map(({ params }) => params.uri)).toEqual([a]);
    expect(second.messages.slice(1).map(({ params }) => params.uri)).toEqual([b]);
    await first.close();
    await second.close();
  });
});

test("a subscription with a URI that is too long to store is refused", async () => {
  const client = await makeWorkspace("bigsub", {});
  await change("bigsub", {
    type: "server.create",
    input: { slug: "up", url: `${inject("announcingUrl")}/legacy/bigsub` },
  });
  const mine = await openSession(client);
  const out: unknown[] = [];
  for (let n = 0; n < 20; n++) {
    const r = await post(
      client,
      {
        jsonrpc: "2.0",
        id: 1,
        method: "resources/subscribe",
        params: { uri: `test://bigsub/${n}${"x".repeat(1_900_000)}` },
      },
      { "mcp-session-id": mine },
    );
    out.push((await r.text()).slice(0, 90));
  }
  expect(out[0]).toContain("error");
});
