import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import { bindings, change, makeMember, makeWorkspace, post } from "../../support/gateway-client.ts";
import { readServerId } from "../../support/management-client.ts";
import {
  controlUpstream,
  openSession,
  openStream,
  openSubscription,
  sendGet,
} from "../../support/notification-streams.ts";
import { crash } from "../../support/workspace-object.ts";

const ALL = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

/** The platform takes an object that waits for nothing out of memory after 10 s. An object works for 5 s after a request. */
const HIBERNATES_WITHIN_MS = 18_000;

/** Marks the object that is in memory. The returned function tells whether this object still is. */
async function markObject(slug: string): Promise<() => Promise<boolean>> {
  const stub = bindings.WORKSPACES.getByName(slug);
  const mark = Symbol("mark");
  await runInDurableObject(stub, (instance) => void Object.assign(instance, { [mark]: true }));
  return () => runInDurableObject(stub, (instance) => mark in instance);
}

/** Creates a workspace with an announcing server of this kind under the same name. */
async function makeAnnouncingWorkspace(name: string, kind = "modern") {
  const client = await makeWorkspace(name, {});
  const url = `${inject("announcingUrl")}/${kind}/${name}`;
  await change(name, { type: "server.create", input: { slug: "up", url } });
  return client;
}

/** Takes the object out of memory. */
async function evict(slug: string): Promise<void> {
  const stub = bindings.WORKSPACES.getByName(slug);
  // An object that is not in memory cannot be evicted.
  await runInDurableObject(stub, () => undefined);
  await evictDurableObject(stub);
}

describe.concurrent("a workspace whose clients wait", () => {
  test.for(["modern", "legacy", "sse"])(
    "is out of memory while nothing happens, and a change of a %s server reaches all clients",
    async (kind, { expect }) => {
      const name = `sleeps-${kind}`;
      const client = await makeAnnouncingWorkspace(name, kind);
      const { token } = await makeMember(name, []);
      const streams = [
        await openStream(client),
        await openStream(client, await openSession(client)),
        await openSubscription(client, ALL),
        await openSubscription({ slug: name, token }, ALL),
      ];
      const isInMemory = await markObject(name);
      await scheduler.wait(HIBERNATES_WITHIN_MS);
      await controlUpstream(name, { tools: ["first", "second"], announce: ["tools"] });
      for (const stream of streams)
        await expect.poll(() => stream.methods()).toContain("tools/list_changed");
      expect(await isInMemory()).toBe(false);
      expect(streams.map(({ hasEnded }) => hasEnded)).toEqual([false, false, false, false]);
      for (const stream of streams) await stream.close();
    },
  );

  test("its clients get what was announced, once, and nothing else", async ({ expect }) => {
    const client = await makeAnnouncingWorkspace("announced-once");
    const stream = await openSubscription(client, ALL);
    await evict("announced-once");
    // The same text as before: that it changed is the server's word.
    await controlUpstream("announced-once", { announce: ["prompts"] });
    expect(await stream.waitForMethods(2)).toEqual([
      "subscriptions/acknowledged",
      "prompts/list_changed",
    ]);
    await evict("announced-once");
    await change("announced-once", { type: "server.update", slug: "up", patch: { prefix: "new" } });
    await stream.waitForMethods(4);
    expect(stream.methods(2).toSorted()).toEqual(["prompts/list_changed", "tools/list_changed"]);
    await stream.close();
  });

  // One of its tokens expires soon: it does not share the runtime with the others.
  test(
    "its streams end when a token is revoked or expires, and with the workspace",
    { concurrent: false },
    async () => {
      const client = await makeAnnouncingWorkspace("ends-asleep");
      const create = (expiresAt?: number) =>
        change("ends-asleep", { type: "token.create", input: { label: "more", expiresAt } });
      const revoked = await create();
      const short = await create(Date.now() + 2_500);
      const open = (token: string) => openSubscription({ slug: "ends-asleep", token }, ALL);
      const [mine, revokedStream, shortStream] = [
        await open(client.token),
        await open(revoked.token),
        await open(short.token),
      ];
      await evict("ends-asleep");
      expect(await shortStream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
      expect([mine.hasEnded, revokedStream.hasEnded]).toEqual([false, false]);
      await evict("ends-asleep");
      await change("ends-asleep", { type: "token.revoke", id: revoked.record.id });
      expect(await revokedStream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
      expect(mine.hasEnded).toBe(false);
      await evict("ends-asleep");
      await change("ends-asleep", { type: "workspace.delete" });
      expect(await mine.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    },
  );

  test("keeps the resource subscriptions of both eras, however long their URIs are", async ({
    expect,
  }) => {
    const client = await makeAnnouncingWorkspace("long-uris", "legacy");
    const session = await openSession(client);
    const uris = ["a", "b"].map((name) => `test://long-uris/${name}`);
    const [a, b] = uris;
    const longer = Array.from({ length: 100 }, (_, i) => `${a}/${i}${"x".repeat(1_000)}`);
    const modern = await openSubscription(client, { resourceSubscriptions: [a, ...longer] });
    const legacy = await openStream(client, session);
    const subscribe = { jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri: b } };
    await post(client, subscribe, { "mcp-session-id": session });
    await evict("long-uris");
    for (const update of uris) await controlUpstream("long-uris", { update });
    expect(await modern.waitForMethods(2)).toContain("resources/updated");
    expect(await legacy.waitForMethods(1)).toEqual(["resources/updated"]);
    expect(modern.messages[1].params.uri).toBe(a);
    expect(legacy.messages[0].params.uri).toBe(b);
    await modern.close();
    await legacy.close();
  });

  test("has the maximum of streams for a token, and a session's newer stream replaces the older one", async ({
    expect,
  }) => {
    const client = await makeWorkspace("counts-asleep");
    const session = await openSession(client);
    const streams = [await openStream(client, session)];
    for (let n = 1; n < 32; n++) streams.push(await openStream(client));
    await evict("counts-asleep");
    expect((await sendGet(client)).status).toBe(429);
    await streams[1]?.close();
    const newer = { "mcp-session-id": session };
    // The next comment shows that the client has disconnected.
    await expect.poll(async () => (await sendGet(client, newer)).status).toBe(200);
    expect(await streams[0]?.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    for (const stream of streams) await stream.close();
  });
});

describe("a workspace whose object stops", () => {
  test("opens its streams again, and its clients get changes of that time", async () => {
    const client = await makeAnnouncingWorkspace("restarts");
    const uri = "test://restarts/a";
    const modern = await openSubscription(client, { ...ALL, resourceSubscriptions: [uri] });
    const legacy = await openStream(client);
    await crash("restarts");
    await change("restarts", { type: "server.update", slug: "up", patch: { prefix: "new" } });
    await expect.poll(() => legacy.methods()).toContain("tools/list_changed");
    await expect.poll(() => modern.methods()).toContain("tools/list_changed");
    await expect.poll(async () => (await controlUpstream("restarts")).streams).toBe(1);
    await controlUpstream("restarts", { update: uri });
    await expect.poll(() => modern.methods()).toContain("resources/updated");
    await modern.close();
    await legacy.close();
  });

  test("ends the streams of a token that was revoked in that time", async () => {
    const client = await makeWorkspace("revoked-meanwhile");
    const stream = await openStream(client);
    await crash("revoked-meanwhile");
    await change("revoked-meanwhile", { type: "token.revoke", id: client.tokenId });
    expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
  });
});

test("a server that flooded its listener is not listened to after an eviction either, until an admin checks it", async () => {
  const client = await makeAnnouncingWorkspace("flood-kept");
  const stream = await openSubscription(client, ALL);
  await controlUpstream("flood-kept", { announce: ["tools"], times: 5_000 });
  await expect.poll(async () => (await controlUpstream("flood-kept")).streams).toBe(0);
  await evict("flood-kept");
  await stream.close();
  const other = await openSubscription(client, ALL);
  expect((await controlUpstream("flood-kept")).streams).toBe(0);
  const serverId = await readServerId("flood-kept", "up");
  await bindings.WORKSPACES.getByName("flood-kept").checkServer(serverId);
  await expect.poll(async () => (await controlUpstream("flood-kept")).streams).toBe(1);
  await other.close();
});
