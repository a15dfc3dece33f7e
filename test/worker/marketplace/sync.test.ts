import { expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage } from "../support/management-client.ts";
import {
  deliverStep,
  entries,
  entry,
  losingMessages,
  runMinute,
  SyncedRegistry,
} from "../support/registries.ts";

const asOfTimes = async (source: string) =>
  (
    await bindings.DB.prepare(
      "SELECT r.as_of, s.scored_at FROM marketplace_records r JOIN marketplace_servers s USING (number) WHERE r.source = ? ORDER BY r.name",
    )
      .bind(source)
      .all()
  ).results;
const leaseOf = (run: number) =>
  bindings.DB.prepare("SELECT lease_until FROM marketplace_runs WHERE number = ?")
    .bind(run)
    .first<number>("lease_until");

test("a source is swept first, page by page; an hourly update asks for what has changed since, and writes no server if nothing has", async () => {
  const registry = new SyncedRegistry("rhythm");
  await registry.setUp({ entries: entries("rhythm", 5) });
  await registry.add();
  await runMinute(Date.now());
  const sweep = await registry.waitForEnd();
  expect(sweep).toMatchObject({
    kind: "sweep",
    state: "done",
    pages: 3,
    changed: 5,
    problem: null,
  });
  expect(await registry.readCursors()).toEqual([null, "2", "4"]);
  expect(await registry.listNames()).toHaveLength(5);
  const before = await asOfTimes(registry.name);

  await registry.setUp({ entries: [] });
  await runMinute(Date.now() + 59 * MINUTE_MS);
  expect((await registry.readRun()).number).toBe(sweep.number);
  await runMinute(Date.now() + HOUR_MS);
  const update = await registry.waitForEnd();
  expect(update).toMatchObject({ kind: "update", state: "done", pages: 1, changed: 0, deleted: 0 });
  const [request, ...more] = await registry.readRequests();
  expect(more).toEqual([]);
  expect(Date.parse(request?.get("updated_since") ?? "")).toBe(sweep.startedAt - 10 * MINUTE_MS);
  expect(request?.get("version")).toBe("latest");
  expect(await asOfTimes(registry.name)).toEqual(before);
});

test("an update stores what has changed, deletes what the registry has deleted, and keeps what it does not name", async () => {
  const registry = new SyncedRegistry("changes");
  const [kept, changed, gone] = ["kept", "changed", "gone"].map(
    (name) => `com.example.sync/${name}`,
  );
  await registry.setUp({ entries: [kept, changed, gone].map((name) => entry(String(name))) });
  await registry.add();
  await registry.sync();
  await registry.setUp({
    entries: [
      entry(String(kept), {}, { updatedAt: "2020-01-01T00:00:00Z" }),
      entry(String(changed), {}, { status: "deprecated", statusMessage: "use kept" }),
      entry(String(gone), {}, { status: "deleted" }),
    ],
  });
  expect(await registry.sync()).toMatchObject({ kind: "update", changed: 1, deleted: 1 });
  expect(await registry.listNames()).toEqual(["changed", "kept"]);
  const { body } = await manage("GET", `/marketplace/servers/${changed}`);
  expect(body).toMatchObject({ status: "deprecated", statusMessage: "use kept" });
});

test("a sweep deletes what the registry no longer has, but neither after a failure nor an entry that is broken now", async () => {
  const registry = new SyncedRegistry("sweeps");
  const all = entries("sweep", 5);
  await registry.setUp({ entries: all });
  await registry.add();
  await registry.sync();
  await registry.setUp({ entries: all.slice(0, 1), faults: [{ status: 404 }] });
  expect(await registry.sync({ kind: "sweep" })).toMatchObject({
    state: "failed",
    deleted: 0,
    problem: "The registry responded with status 404",
  });
  expect(await registry.listNames()).toHaveLength(5);
  await registry.setUp({
    entries: [...all.slice(0, 2), entry("com.example.sync/sweep-2", { packages: "none" })],
  });
  expect(await registry.sync({ kind: "sweep" })).toMatchObject({
    state: "done",
    deleted: 2,
    rejected: 1,
  });
  expect(await registry.listNames()).toEqual(["sweep-0", "sweep-1", "sweep-2"]);
});

test("a sweep that misses more than half of the servers deletes none and says so, unless the operator accepts it", async () => {
  const registry = new SyncedRegistry("losses");
  const all = entries("loss", 5);
  await registry.setUp({ entries: all });
  await registry.add();
  await registry.sync();
  await registry.setUp({ entries: all.slice(0, 2) });
  expect(await registry.sync({ kind: "sweep" })).toMatchObject({
    state: "done",
    deleted: 0,
    problem: expect.stringMatching(
      /^3 of 5 servers are no longer in the registry\. Nothing was deleted/,
    ),
  });
  expect(await registry.listNames()).toHaveLength(5);
  expect(await registry.sync({ kind: "sweep", acceptsLoss: true })).toMatchObject({
    deleted: 3,
    problem: null,
  });
  expect(await registry.listNames()).toEqual(["loss-0", "loss-1"]);
});

test("a run whose Worker or message is lost goes on at its page, and a late message does nothing", async () => {
  const registry = new SyncedRegistry("lost");
  await registry.setUp({ entries: entries("lost", 5) });
  await registry.add();
  await runMinute(Date.now(), losingMessages);
  const { number } = await registry.readRun();
  await deliverStep(number, 0, losingMessages);
  expect(await registry.readRun()).toMatchObject({ state: "running", pages: 1, changed: 2 });
  await runMinute(Date.now() + MINUTE_MS / 2);
  expect(await registry.readCursors()).toEqual([null]);
  await runMinute(Date.now() + 2 * MINUTE_MS);
  await deliverStep(number, 0);
  await deliverStep(number, 1);
  expect(await registry.waitForEnd()).toMatchObject({
    number,
    state: "done",
    pages: 3,
    changed: 5,
  });
  expect(await registry.readCursors()).toEqual([null, "2", "4"]);
  expect(await registry.listNames()).toHaveLength(5);
});

test("readers of the marketplace see how current a source is and how far a sync is, but not why one failed", async () => {
  const registry = new SyncedRegistry("freshness");
  await registry.setUp({ entries: entries("freshness", 3) });
  await registry.add();
  const read = async () => {
    const { body } = await manage("GET", "/marketplace/freshness", undefined, { headers: {} });
    return body.items.find(({ name }: { name: string }) => name === registry.name);
  };
  const fresh = { name: registry.name, syncedAt: null, running: null, hasFailed: false };
  expect(await read()).toEqual(fresh);
  await runMinute(Date.now(), losingMessages);
  const { number, startedAt } = await registry.readRun();
  await deliverStep(number, 0, losingMessages);
  expect(await read()).toEqual({ ...fresh, running: { startedAt, entries: 2 } });
  await deliverStep(number, 1);
  await registry.waitForEnd();
  expect(await read()).toEqual({ ...fresh, syncedAt: startedAt });
  await registry.setUp({ entries: [], faults: [{ status: 404 }] });
  expect(await registry.sync()).toMatchObject({ state: "failed" });
  expect(await read()).toEqual({ ...fresh, syncedAt: startedAt, hasFailed: true });
});

test("a run that is lost again and again ends, and the next one begins anew", async () => {
  const registry = new SyncedRegistry("stuck");
  await registry.setUp({ entries: entries("stuck", 1) });
  await registry.add();
  await runMinute(Date.now(), losingMessages);
  for (let minutes = 2; minutes <= 22; minutes += 2)
    await runMinute(Date.now() + minutes * MINUTE_MS, losingMessages);
  expect(await registry.readRun()).toMatchObject({
    state: "failed",
    problem: "Page 1 was begun 10 times and not ended: the log has the cause",
  });
  expect(await registry.sync()).toMatchObject({ kind: "sweep", state: "done", changed: 1 });
});

test("a source never has two runs at once", async () => {
  const registry = new SyncedRegistry("once");
  await registry.setUp({ entries: entries("once", 4) });
  await registry.add();
  await Promise.all([1, 2, 3].map(() => runMinute(Date.now(), losingMessages)));
  const { body } = await manage("GET", `/marketplace/runs?source=${registry.name}`);
  expect(body.items).toHaveLength(1);
  expect(await registry.start()).toMatchObject({ status: 409 });
  await runMinute(Date.now() + 2 * MINUTE_MS);
  expect(await registry.waitForEnd()).toMatchObject({ state: "done", changed: 4 });
});

test("after 429 and 5xx the same page is fetched again", async () => {
  const registry = new SyncedRegistry("busy");
  const faults = [{ status: 429, headers: { "retry-after": "1" } }, { status: 503 }];
  await registry.setUp({ entries: entries("busy", 3), faults });
  await registry.add();
  expect(await registry.sync()).toMatchObject({
    state: "done",
    pages: 2,
    changed: 3,
    problem: null,
  });
  expect(await registry.readCursors()).toEqual([null, null, null, "2"]);
});

test("a registry is left alone for as long as it asks, and a quarter of an hour at most", async () => {
  const registry = new SyncedRegistry("patient");
  const wait = (seconds: string) => ({ status: 429, headers: { "retry-after": seconds } });
  await registry.setUp({ entries: [], faults: [wait("600"), wait("86400")] });
  await registry.add();
  await runMinute(Date.now(), losingMessages);
  const { number } = await registry.readRun();
  for (const [step, minutes] of [10, 15].entries()) {
    const from = Date.now();
    await deliverStep(number, step, losingMessages);
    const lease = (await leaseOf(number)) ?? 0;
    expect(Math.round((lease - from) / MINUTE_MS)).toBe(minutes + 1);
  }
  expect(await registry.readRun()).toMatchObject({
    state: "running",
    attempt: 2,
    problem: "The registry responded with status 429",
  });
});

test("a registry that is away for too long ends the run with the reason", async () => {
  const registry = new SyncedRegistry("away");
  await registry.add({ url: "http://127.0.0.1:9/registry" });
  await runMinute(Date.now(), losingMessages);
  const { number } = await registry.readRun();
  for (let step = 0; step < 10; step++) await deliverStep(number, step, losingMessages);
  const run = await registry.readRun();
  expect(run).toMatchObject({ state: "failed", endedAt: expect.any(Number) });
  expect(run.problem).toMatch(/^The server .*, 10 times in a row$/);
});

test("broken entries cost themselves, and the operator reads which and why", async () => {
  const registry = new SyncedRegistry("broken");
  const deep = `{"servers":[{"server":${"[".repeat(50_000)}${"]".repeat(50_000)}}],"metadata":{"nextCursor":"0"}}`;
  await registry.setUp({
    faults: [{ status: 200, body: deep }],
    entries: [
      entry("com.example.sync/whole-0"),
      entry("com.example.sync/bad", { packages: "none" }),
      entry("com.example.sync/large", { description: "x".repeat(10_000_000) }),
      entry("com.example.sync/whole-1"),
      "nothing",
    ],
  });
  await registry.add();
  const run = await registry.sync();
  expect(run).toMatchObject({ state: "done", changed: 2, rejected: 4 });
  expect(await registry.listNames()).toEqual(["whole-0", "whole-1"]);
  const { body } = await manage("GET", `/marketplace/runs/${run.number}/rejections`);
  expect(body.items).toEqual([
    { page: 0, position: 0, name: null, reason: expect.stringMatching(/received array$/) },
    {
      page: 1,
      position: 1,
      name: "com.example.sync/bad",
      reason: expect.stringMatching(/^server\.packages: /),
    },
    {
      page: 2,
      position: 0,
      name: "com.example.sync/large",
      reason: expect.stringMatching(/^it has 10000\d+ characters/),
    },
    { page: 3, position: 0, name: null, reason: expect.stringMatching(/expected object/) },
  ]);
});

test.each([
  ["is no json", "<html>", "The registry's page is not JSON"],
  ["is no object", "[]", 'The registry\'s page is not an object with a list "servers"'],
  [
    "has too many entries",
    JSON.stringify({ servers: Array.from({ length: 1_001 }, () => 1) }),
    "1001 entries",
  ],
  [
    "has too many values",
    `{"servers":[${"1,".repeat(500_000)}1]}`,
    "more than 500,000 JSON values",
  ],
  [
    "has the cursor of itself",
    '{"servers":[],"metadata":{"nextCursor":"2"}}',
    "The registry sends the cursor of an earlier page again, on page 2",
  ],
])("a page that %s ends the run with the reason", async (what, body, problem) => {
  const registry = new SyncedRegistry(what.replaceAll(" ", "-"));
  await registry.setUp({ entries: [] });
  await registry.add();
  const first = { servers: entries(registry.name, 1), metadata: { nextCursor: "2" } };
  const faults = [JSON.stringify(first), body].map((text) => ({ status: 200, body: text }));
  await registry.setUp({ entries: [], faults });
  const run = await registry.sync();
  expect(run).toMatchObject({ state: "failed", pages: 1, changed: 1 });
  expect(run.problem).toContain(problem);
});

test("cursors that go round end the run", async () => {
  const registry = new SyncedRegistry("round");
  const faults = ["a", "b", "a"].map((nextCursor) => ({
    status: 200,
    body: JSON.stringify({ servers: [], metadata: { nextCursor } }),
  }));
  await registry.setUp({ entries: [], faults });
  await registry.add();
  expect(await registry.sync()).toMatchObject({
    state: "failed",
    problem: "The registry sends the cursor of an earlier page again, on page 3",
  });
});
