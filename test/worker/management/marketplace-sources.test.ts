import { expect, test } from "vitest";
import { makeOwner } from "../support/browser.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import {
  entries,
  entry,
  losingMessages,
  runMinute,
  SyncedRegistry,
} from "../support/registries.ts";

const findSource = async (name: string) =>
  (await manage("GET", "/marketplace/sources")).body.items.find(
    (source: Json) => source.name === name,
  );
const put = (name: string, body: object) => manage("PUT", `/marketplace/sources/${name}`, body);

test("the official registry and the hosted servers are sources that cannot be removed", async () => {
  expect(await findSource("official")).toMatchObject({
    kind: "registry",
    // The variable is empty in tests.
    url: null,
    isBuiltIn: true,
    isEnabled: true,
    offBecause: "Set the variable MARKETPLACE_REGISTRY to its address",
    nextRunAt: null,
  });
  for (const name of ["official", "mcpnest"]) {
    expect(refusalOf(await manage("DELETE", `/marketplace/sources/${name}`))).toMatch(/^400 /);
    expect(refusalOf(await put(name, { url: "https://registry.example.com" }))).toMatch(/^400 /);
  }
  expect(refusalOf(await manage("POST", "/marketplace/sources/official/runs", {}))).toBe(
    "409 conflict: This source is not synced. Set the variable MARKETPLACE_REGISTRY to its address.",
  );
});

test("the hosted servers are entries without a network, and a registry that has them states their fields", async () => {
  await bindings.DB.prepare(
    "UPDATE marketplace_sources SET next_run_at = 0 WHERE name = 'mcpnest'",
  ).run();
  await runMinute(Date.now());
  const hosted = await manage("GET", "/marketplace/servers/mcpnest/filesystem");
  expect(hosted.body).toMatchObject({
    title: "Filesystem",
    grade: null,
    sources: [{ source: "mcpnest" }],
    document: { packages: [{ registryType: "npm" }] },
  });
  const { repository, packages } = hosted.body.document;
  const [{ identifier }] = packages;
  const server = {
    title: "Their title",
    repository,
    packages: [{ registryType: "npm", identifier }],
  };
  const name = "com.example.sync/filesystem";
  await manage("POST", "/marketplace/imports", {
    source: "sync-files",
    page: { servers: [entry(name, server)] },
  });
  const { body } = await manage("GET", `/marketplace/servers/${name}`);
  expect(body).toMatchObject({
    title: "Their title",
    provenance: { title: { source: "sync-files" } },
    sources: expect.arrayContaining([expect.objectContaining({ source: "mcpnest" })]),
  });
  // What the registry leaves out is not filled in from a source with less authority.
  expect(body.provenance).not.toHaveProperty("description");
  // Both are configurations of the same package.
  for (const id of ["postgres", "sqlite"])
    expect((await manage("GET", `/marketplace/servers/mcpnest/${id}`)).status).toBe(200);
});

test("the operator adds, disables, moves and removes a registry, and each change is an audit event", async () => {
  const registry = new SyncedRegistry("managed");
  await registry.setUp({ entries: entries("managed", 3) });
  await registry.add();
  await registry.sync();
  expect(await findSource(registry.name)).toMatchObject({
    isBuiltIn: false,
    syncedAt: expect.any(Number),
    nextRunAt: expect.any(Number),
    lastRun: { state: "done", changed: 3 },
  });
  await registry.add({ isEnabled: false });
  expect(await findSource(registry.name)).toMatchObject({ isEnabled: false, nextRunAt: null });
  expect((await registry.start()).status).toBe(409);
  await registry.add({ url: "http://127.0.0.1:9/v0.1/servers/" });
  expect(await findSource(registry.name)).toMatchObject({
    url: "http://127.0.0.1:9",
    syncedAt: null,
  });
  expect((await manage("DELETE", `/marketplace/sources/${registry.name}`)).status).toBe(202);
  expect(await registry.waitForEnd()).toMatchObject({ kind: "removal", state: "done", deleted: 3 });
  expect(await registry.listNames()).toEqual([]);
  expect(await findSource(registry.name)).toBeUndefined();
  const object = `marketplace-source:${registry.name}`;
  const { body } = await manage("GET", "/audit-events?limit=100");
  const events = body.items.filter((event: Json) => event.object === object);
  expect(events.map(({ action }: Json) => action.split(".")[1]).toReversed()).toEqual([
    "added",
    "sync_started",
    "updated",
    "updated",
    "removed",
  ]);
});

test("a change of a source ends its run", async () => {
  const registry = new SyncedRegistry("moved");
  await registry.setUp({ entries: entries("moved", 3) });
  await registry.add();
  await runMinute(Date.now(), losingMessages);
  expect((await registry.readRun()).state).toBe("running");
  const ended = { state: "failed", problem: "The source was changed during the run" };
  expect(await registry.add({ isEnabled: false })).toMatchObject({ lastRun: ended });
  expect(await registry.readRun()).toMatchObject(ended);
});

test("a name under which entries were imported cannot become a registry's, because a sweep would delete them", async () => {
  await manage("POST", "/marketplace/imports", {
    source: "sync-imported",
    page: { servers: entries("imported", 1) },
  });
  expect(refusalOf(await put("sync-imported", { url: "https://registry.example.com" }))).toMatch(
    /^409 conflict: Entries were imported under the name "sync-imported"/,
  );
});

test.each([
  [{}, /url: give the address/],
  [{ url: "nonsense" }, /url: /],
  [{ url: "ftp://example.com" }, /url: The URL must begin with https/],
  [{ url: "https://user:secret@example.com" }, /url: Put no user name/],
])("a source with %j is refused", async (body, message) => {
  expect(refusalOf(await put("sync-refused", body))).toMatch(message);
});

test("strangers and people of workspaces neither see nor change sources and runs", async () => {
  const owner = await makeOwner("sync-strangers");
  for (const [method, path] of [
    ["GET", "/marketplace/sources"],
    ["GET", "/marketplace/runs"],
    ["GET", "/marketplace/runs/1/rejections"],
    ["POST", "/marketplace/sources/official/runs"],
    ["DELETE", "/marketplace/sources/official"],
  ] as const) {
    const body = method === "POST" ? {} : undefined;
    expect((await owner.send(method, path, body)).status).toBe(403);
    expect((await manage(method, path, body, { headers: {} })).status).toBe(401);
  }
});
