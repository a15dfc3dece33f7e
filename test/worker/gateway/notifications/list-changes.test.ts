import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { MINUTE_MS } from "../../../../workers/contract/units.ts";
import { later } from "../../support/clock.ts";
import {
  bindings,
  change,
  makeMember,
  makeWorkspace,
  modernRpc,
  rpc,
} from "../../support/gateway-client.ts";
import { manage } from "../../support/management-client.ts";
import {
  controlUpstream,
  openSubscription,
  openStream,
  waitForNoStreams,
} from "../../support/notification-streams.ts";
import { makeRequestingWorkspace } from "../../support/server-requests.ts";

const ALL = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

describe("list changes", () => {
  test("legacy and modern clients are notified at once when a server is added, edited or removed", async () => {
    const client = await makeWorkspace("list-changes");
    const legacy = await openStream(client);
    const modern = await openSubscription(client, ALL);
    expect(modern.messages[0]).toEqual({
      jsonrpc: "2.0",
      method: "notifications/subscriptions/acknowledged",
      params: {
        notifications: { toolsListChanged: true },
        _meta: { "io.modelcontextprotocol/subscriptionId": "sub-1" },
      },
    });
    const url = `${inject("hostileUrl")}/ok`;
    await change("list-changes", { type: "server.create", input: { slug: "second", url } });
    expect(await legacy.waitForMethods(1)).toEqual(["tools/list_changed"]);
    expect(await modern.waitForMethods(2)).toEqual([
      "subscriptions/acknowledged",
      "tools/list_changed",
    ]);
    expect(modern.messages[1]).toEqual({
      jsonrpc: "2.0",
      method: "notifications/tools/list_changed",
      params: { _meta: { "io.modelcontextprotocol/subscriptionId": "sub-1" } },
    });
    await change("list-changes", {
      type: "server.update",
      slug: "second",
      patch: { prefix: "two" },
    });
    expect(await legacy.waitForMethods(2)).toHaveLength(2);
    await change("list-changes", { type: "server.delete", slug: "second" });
    expect(await legacy.waitForMethods(3)).toHaveLength(3);
    expect(await modern.waitForMethods(4)).toHaveLength(4);
    await legacy.close();
    await modern.close();
  });

  test("a change of a member's rules notifies that member only, and new tokens and members notify no client", async () => {
    const client = await makeWorkspace("quiet", { ok: "/ok" });
    const mine = await makeMember("quiet", ["ok:echo"]);
    const other = await makeMember("quiet", ["ok:echo"]);
    await rpc(client, "tools/list");
    const [admin, me, them] = await Promise.all(
      [client.token, mine.token, other.token].map((token) => openStream({ slug: "quiet", token })),
    );
    await makeMember("quiet", []);
    await change("quiet", { type: "member.rules", id: mine.memberId, rules: ["ok:*"] });
    expect(await me?.waitForMethods(1)).toEqual(["tools/list_changed"]);
    await scheduler.wait(300);
    expect([admin?.messages, them?.messages]).toEqual([[], []]);
    for (const stream of [admin, me, them]) await stream?.close();
  });

  test.concurrent.for(["modern", "legacy", "sse"])(
    "a list_changed of a %s server reaches clients of both eras",
    async (kind, { expect }) => {
      const name = `list-${kind}`;
      const client = await makeWorkspace(name, {});
      const url = `${inject("announcingUrl")}/${kind}/${name}`;
      await change(name, { type: "server.create", input: { slug: "up", url } });
      const stream = await openStream(client);
      const modern = await openSubscription(client, ALL);
      await controlUpstream(name, { tools: ["first", "second"], announce: ["tools"] });
      expect(await stream.waitForMethods(1)).toEqual(["tools/list_changed"]);
      expect(await modern.waitForMethods(2)).toHaveLength(2);
      const { message } = await rpc(client, "tools/list");
      expect(message.result.tools).toHaveLength(2);
      // The same text as before: that it changed is the server's word.
      await controlUpstream(name, { announce: ["prompts"] });
      // The server's lists are fetched again after 10 s.
      await stream.waitUntil(({ messages }) => messages.length > 1, 20_000);
      expect(stream.methods()).toEqual(["tools/list_changed", "prompts/list_changed"]);
      await stream.close();
      await modern.close();
    },
  );

  test.each(["legacy", "sse"])(
    "a list_changed of a %s server on the stream of one call reaches all clients",
    async (kind) => {
      const name = `on-call-${kind}`;
      const client = await makeRequestingWorkspace(kind, name);
      const legacy = await openStream(client);
      const modern = await openSubscription(client, ALL);
      const args = { tool: "later", times: 40 };
      const startedAt = Date.now();
      await modernRpc(client, "tools/call", { name: "announcing", arguments: args });
      expect(await legacy.waitForMethods(1)).toEqual(["tools/list_changed"]);
      expect(await modern.waitForMethods(2)).toHaveLength(2);
      const { message } = await rpc(client, "tools/list");
      expect(message.result.tools).toContainEqual(expect.objectContaining({ name: "later" }));
      // However often the server sends it, clients get it once in 10 s.
      await scheduler.wait(500);
      const most = Math.ceil((Date.now() - startedAt) / 1_000);
      expect(legacy.messages.length).toBeLessThanOrEqual(most);
      await legacy.close();
      await modern.close();
    },
  );

  test("a server that announces changes often is refreshed and notifies clients at once, and again after 10 s", async () => {
    const client = await makeWorkspace("flood", {});
    const url = `${inject("announcingUrl")}/modern/flood`;
    await change("flood", { type: "server.create", input: { slug: "up", url } });
    const uri = "test://flood/a";
    const stream = await openSubscription(client, { ...ALL, resourceSubscriptions: [uri] });
    const before = await controlUpstream("flood");
    const startedAt = Date.now();
    await controlUpstream("flood", { announce: ["tools"], update: uri, times: 80 });
    // After the first refresh has begun.
    await expect.poll(() => stream.methods(1)).toContain("tools/list_changed");
    await controlUpstream("flood", { tools: ["first", "last"], announce: ["tools"], times: 80 });
    const changes = () => stream.methods(1).filter((method) => method === "tools/list_changed");
    await expect.poll(() => changes().length).toBeGreaterThan(1);
    const after = await controlUpstream("flood");
    // Once at the start of each 10 s.
    const most = Math.ceil((Date.now() - startedAt) / 10_000);
    expect(after.listed - before.listed).toBeLessThanOrEqual(most);
    expect(changes().length).toBeLessThanOrEqual(most);
    expect(stream.methods(1)).toContain("resources/updated");
    // The last change is not lost.
    const { message } = await rpc(client, "tools/list");
    expect(message.result.tools).toHaveLength(2);
    await stream.close();
  });

  test.concurrent.for(["modern", "legacy", "sse"])(
    "a %s server that floods its listener is disconnected with a warning, and an admin's check ends that",
    async (kind, { expect }) => {
      const name = `flooding-${kind}`;
      const client = await makeWorkspace(name, {});
      const url = `${inject("announcingUrl")}/${kind}/${name}`;
      await change(name, { type: "server.create", input: { slug: "up", url } });
      const stream = await openSubscription(client, ALL);
      expect((await controlUpstream(name)).streams).toBe(1);
      await controlUpstream(name, { announce: ["tools"], times: 5_000 });
      expect((await waitForNoStreams(name)).streams).toBe(0);
      const path = `/workspaces/${name}/servers/up`;
      const warnings = async () =>
        (await manage("GET", `${path}/tool-catalogue`)).body.warnings as string[];
      const flood = expect.stringMatching(/^The server sent more change notifications than/);
      await expect.poll(warnings).toEqual([flood]);
      const { listed } = await controlUpstream(name);
      // The first check, and one for the announced changes.
      expect(listed).toBeLessThanOrEqual(2);
      await manage("POST", `${path}/check`);
      expect(await warnings()).toEqual([]);
      await expect.poll(async () => (await controlUpstream(name)).streams).toBe(1);
      await controlUpstream(name, { tools: ["one", "two"], announce: ["tools"] });
      const toolCount = async () => (await rpc(client, "tools/list")).message.result.tools.length;
      await expect.poll(toolCount).toBe(2);
      await stream.close();
    },
  );

  test.concurrent.for(["modern", "legacy", "sse"])(
    "the connection to a %s server closes when the last client has stopped listening",
    async (kind, { expect }) => {
      const name = `idle-${kind}`;
      const client = await makeWorkspace(name, {});
      const url = `${inject("announcingUrl")}/${kind}/${name}`;
      await change(name, { type: "server.create", input: { slug: "up", url } });
      // The first check of the server can still be connected.
      const before = await waitForNoStreams(name);
      expect(before.streams).toBe(0);
      const modern = await openSubscription(client, ALL);
      await expect.poll(async () => (await controlUpstream(name)).streams).toBe(1);
      await change(name, { type: "token.revoke", id: client.tokenId });
      expect(await modern.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
      expect((await waitForNoStreams(name)).streams).toBe(0);
      // That of the catalogue.
      const countSessions = async () => (await controlUpstream(name)).sessions;
      await expect.poll(countSessions).toBeLessThanOrEqual(1);
      const after = await controlUpstream(name);
      expect(after.ended > before.ended).toBe(kind === "legacy");
    },
  );
});

test("clients that leave one after the other leave no session at a legacy server", async () => {
  const name = "leaving-clients";
  const client = await makeWorkspace(name, {});
  const url = `${inject("announcingUrl")}/legacy/${name}`;
  await change(name, { type: "server.create", input: { slug: "up", url } });
  for (let round = 0; round < 5; round++) {
    const streams = [];
    for (let i = 0; i < 8; i++) streams.push(await openSubscription(client, ALL));
    for (const stream of streams) {
      await stream.close();
      await scheduler.wait(Math.random() * 30);
    }
    expect((await waitForNoStreams(name)).streams).toBe(0);
  }
  // That of the catalogue.
  await expect.poll(async () => (await controlUpstream(name)).sessions).toBeLessThanOrEqual(1);
});

describe("servers", () => {
  test("a change of a server without notifications reaches listening clients with its next check", async () => {
    const client = await makeWorkspace("polled", {});
    const url = `${inject("announcingUrl")}/mute/polled`;
    await change("polled", { type: "server.create", input: { slug: "up", url } });
    const stream = await openStream(client);
    const workspace = bindings.WORKSPACES.getByName("polled");
    await controlUpstream("polled", { tools: ["first", "second"] });
    await later(7 * MINUTE_MS, () => runDurableObjectAlarm(workspace));
    expect(await stream.waitForMethods(1)).toEqual(["tools/list_changed"]);
    await stream.close();
  });

  test("what one client subscribes to keeps no change from the others, however much it is as JSON", async () => {
    const name = "large-subscription";
    const client = await makeWorkspace(name, {});
    const url = `${inject("announcingUrl")}/modern/${name}`;
    await change(name, { type: "server.create", input: { slug: "up", url } });
    const resourceSubscriptions = Array.from(
      { length: 240 },
      (_, i) => `test://${i}/${"漢".repeat(1_980)}`,
    );
    const greedy = await openSubscription(client, { resourceSubscriptions });
    const other = await openSubscription(client, ALL);
    await expect.poll(async () => (await controlUpstream(name)).streams).toBe(1);
    await controlUpstream(name, { announce: ["prompts"] });
    expect(await other.waitForMethods(2)).toContain("prompts/list_changed");
    for (const stream of [greedy, other]) await stream.close();
  });

  test("a server that sends an endless line is disconnected, and its clients keep their streams", async () => {
    const client = await makeWorkspace("giant", {});
    const url = `${inject("announcingUrl")}/modern/giant`;
    await change("giant", { type: "server.create", input: { slug: "up", url } });
    const stream = await openSubscription(client, ALL);
    expect((await controlUpstream("giant")).streams).toBe(1);
    await controlUpstream("giant", { giant: true });
    expect((await waitForNoStreams("giant")).streams).toBe(0);
    await change("giant", { type: "server.delete", slug: "up" });
    expect(await stream.waitForMethods(2)).toContain("tools/list_changed");
    await stream.close();
  });

  test.concurrent.for(["modern", "legacy", "sse"])(
    "a %s server is listened to once for all clients, and further when the first of them has left",
    async (kind, { expect }) => {
      const name = `shared-${kind}`;
      const client = await makeWorkspace(name, {});
      const url = `${inject("announcingUrl")}/${kind}/${name}`;
      await change(name, { type: "server.create", input: { slug: "up", url } });
      const first = await openSubscription(client, ALL);
      const others = [await openSubscription(client, ALL), await openStream(client)];
      expect((await controlUpstream(name)).streams).toBe(1);
      await first.close();
      // Found also if the server is not connected at that time.
      await controlUpstream(name, { tools: ["first", "meanwhile"] });
      for (const stream of others)
        await expect.poll(() => stream.methods()).toContain("tools/list_changed");
      await expect.poll(async () => (await controlUpstream(name)).streams).toBe(1);
      await controlUpstream(name, { announce: ["prompts"] });
      for (const stream of others)
        await expect.poll(() => stream.methods()).toContain("prompts/list_changed");
      for (const stream of others) await stream.close();
      expect((await waitForNoStreams(name)).streams).toBe(0);
    },
  );
});
