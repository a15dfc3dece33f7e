import { expect, test } from "vitest";
import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";
import {
  listClientTotals,
  listRefusals,
  listUsageTotals,
} from "../../../workers/db/usage-figures.ts";
import { db, makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { manage, type Json } from "../support/management-client.ts";
import { explainQueries } from "../support/query-plans.ts";

/** The beginning of an hour, long enough ago that nothing else happens then. */
const HOUR = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 30 * HOUR_MS;

const LIMITED = { status: "rate_limited", errorCode: "too_many_parallel_calls" } as const;

const read = async (path: string) => (await manage("GET", path)).body;

test("totals list every server, tool and member with errors, refusals, latency and people", async () => {
  const { id, path } = await makeAuditedWorkspace("totals-list");
  const at = (seq: number, fields = {}) => makeRow(id, seq, { createdAt: HOUR + seq, ...fields });
  await storeRows([
    at(1, { latencyMs: 4 }),
    at(2, { latencyMs: 40, memberId: "mem_b" }),
    at(3, { latencyMs: 4_000, status: "error", toolName: "slow" }),
    at(4, { latencyMs: 0, status: "blocked", toolName: "secret", memberId: "mem_b" }),
    at(5, { serverSlug: "two", memberId: null, tokenId: "tok_ws" }),
    at(6, { createdAt: HOUR + HOUR_MS }),
  ]);
  const range = `from=${HOUR}&to=${HOUR + HOUR_MS}`;
  const totals = (query: string) => read(`${path}/usage/totals?${range}&${query}`);
  const tools = await totals("by=tool&order=latency");
  expect(tools).toMatchObject({ from: HOUR, to: HOUR + HOUR_MS, since: HOUR, names: 4 });
  expect(tools.items[0]).toEqual({
    serverSlug: "one",
    toolName: "slow",
    memberId: null,
    memberName: null,
    hasMemberLeft: false,
    serverName: null,
    clientName: null,
    clientVersion: null,
    total: { calls: 1, errors: 1, refused: 0, cancelled: 0, p50Ms: 3_500, p95Ms: 4_850 },
    people: 1,
    lastCalledAt: HOUR + 3,
  });
  const first = async (query: string) => (await totals(query)).items[0];
  expect(await first("by=tool&order=refused")).toMatchObject({ toolName: "secret", people: 1 });
  expect(await first("by=tool&order=errors")).toMatchObject({ toolName: "slow" });
  expect(await first("by=tool")).toMatchObject({ toolName: "echo", people: 2 });
  expect(await first("by=server")).toMatchObject({ serverSlug: "one", total: { calls: 4 } });
  const people = await totals("by=member&server=one&limit=1");
  expect(people.names).toBe(2);
  expect(people.items).toMatchObject([{ memberId: "mem_a", total: { calls: 2, errors: 1 } }]);
});

test("clients are counted by name and version, with the people who use them", async () => {
  const { id, path } = await makeAuditedWorkspace("totals-clients");
  const at = (seq: number, fields = {}) => makeRow(id, seq, { createdAt: HOUR + seq, ...fields });
  await storeRows([
    at(1, { createdAt: HOUR - 1 }),
    at(2, { memberId: "mem_b" }),
    at(3, { clientName: "other", clientVersion: null, status: "error" }),
    at(4),
  ]);
  const { items, names } = await read(
    `${path}/usage/totals?by=client&from=${HOUR}&to=${HOUR + HOUR_MS}`,
  );
  expect(names).toBe(2);
  expect(items).toMatchObject([
    { clientName: "tester", clientVersion: "1.2.3", people: 2, total: { calls: 2, errors: 0 } },
    { clientName: "other", clientVersion: null, people: 1, total: { calls: 1, errors: 1 } },
  ]);
});

test("the limit of client totals counts only calls of the member or server that is asked for", async () => {
  const { id } = await makeAuditedWorkspace("totals-clients-limit");
  const at = (seq: number, fields = {}) => makeRow(id, seq, { createdAt: HOUR + seq, ...fields });
  await storeRows([at(1, { memberId: "mem_b", serverSlug: "two" }), at(2), at(3)]);
  const range = { stepMs: HOUR_MS, from: HOUR / HOUR_MS, to: HOUR / HOUR_MS + 1 };
  for (const filter of [{ memberId: "mem_b" }, { serverSlug: "two" }])
    expect(await listClientTotals(db, id, range, filter, 2)).toMatchObject({
      rows: [{ clientName: "tester", calls: 1 }],
      since: HOUR,
    });
  expect(await listClientTotals(db, id, range, {}, 2)).toMatchObject({
    rows: [{ calls: 2 }],
    since: HOUR + 2,
  });
});

test("refusals say who was refused what, and why", async () => {
  const { id, path } = await makeAuditedWorkspace("totals-refusals");
  const made = await manage("POST", `${path}/members`, { name: "Ben" });
  const refusal = { status: "blocked", errorCode: "tool_not_allowed" } as const;
  const at = (seq: number, fields = {}) =>
    makeRow(id, seq, { createdAt: HOUR + seq, ...refusal, ...fields });
  await storeRows([
    at(1, { count: 5, memberId: made.body.id }),
    at(2, { memberId: made.body.id }),
    at(3, { ...LIMITED, toolName: null, serverSlug: null, memberId: null }),
    at(4, { status: "ok" }),
    at(5, { createdAt: HOUR + HOUR_MS }),
    at(6, { count: 3, errorCode: "token_suspended", memberId: made.body.id }),
  ]);
  const { items } = await read(`${path}/usage/refusals?from=${HOUR}&to=${HOUR + HOUR_MS}`);
  expect(items).toEqual([
    {
      memberId: made.body.id,
      memberName: "Ben",
      hasMemberLeft: false,
      serverName: null,
      serverSlug: "one",
      toolName: "echo",
      status: "blocked",
      errorCode: "tool_not_allowed",
      count: 6,
      lastAt: HOUR + 2,
    },
    expect.objectContaining({ memberName: "Ben", errorCode: "token_suspended", count: 3 }),
    {
      memberId: null,
      memberName: null,
      hasMemberLeft: false,
      serverName: null,
      serverSlug: null,
      toolName: null,
      ...LIMITED,
      count: 1,
      lastAt: HOUR + 3,
    },
  ]);
});

test("usage by the minute has the calls of the last hour at once, with gaps in the numbers", async () => {
  const { id, path } = await makeAuditedWorkspace("totals-minutes");
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  const at = (seq: number, minutesAgo: number, fields = {}) =>
    makeRow(id, seq, { createdAt: minute - minutesAgo * 60_000, ...fields });
  await storeRows([
    at(3, 90),
    at(40, 61),
    at(41, 5, { status: "error" }),
    at(900, 5),
    at(901, 0, { status: "blocked", count: 3 }),
    at(902, 0, { status: "unknown" }),
  ]);
  const range = `from=${minute - 59 * 60_000}&to=${minute + 1}&step=minute`;
  const usage = await read(`${path}/usage?${range}`);
  expect(usage).toMatchObject({ stepMs: 60_000, total: { calls: 5, errors: 1, refused: 3 } });
  expect(usage.series[0].points).toMatchObject([
    { at: minute - 5 * 60_000, calls: 2, errors: 1, p50Ms: 15 },
    { at: minute, calls: 3, refused: 3, p50Ms: null },
  ]);
  const byMember = await read(`${path}/usage?${range}&by=member`);
  expect(byMember.series).toMatchObject([{ name: "mem_a", total: { calls: 5 } }]);
});

test("a member reads the totals of its own calls only", async () => {
  await makeOwner("totals-mine");
  const { browser, memberId } = await makeJoinedUser("totals-mine", "member");
  const path = "/workspaces/totals-mine";
  const { id } = (await manage("GET", path)).body;
  await storeRows([
    makeRow(id, 1, { createdAt: HOUR, memberId }),
    makeRow(id, 2, { createdAt: HOUR, memberId: "mem_other" }),
    makeRow(id, 3, { createdAt: HOUR, memberId, status: "blocked" }),
    makeRow(id, 4, { createdAt: HOUR, memberId: "mem_other", status: "blocked" }),
  ]);
  const range = `from=${HOUR}&to=${HOUR + HOUR_MS}`;
  const mine = async (route: string) =>
    (await browser.send("GET", `${path}/me/usage/${route}&${range}`)).body;
  for (const by of ["server", "tool", "client"])
    expect((await mine(`totals?by=${by}`)).items).toMatchObject([{ total: { calls: 2 } }]);
  expect((await mine("refusals?limit=10")).items).toMatchObject([{ memberId, count: 1 }]);
  expect((await browser.send("GET", `${path}/me/usage/totals?by=member`)).status).toBe(400);
});

test("the preview of a shorter retention counts the rows that the clean-up then deletes", async () => {
  const { id, path } = await makeAuditedWorkspace("totals-retention");
  const daysAgo = (days: number) => Date.now() - days * DAY_MS;
  await storeRows([
    makeRow(id, 1, { createdAt: daysAgo(40) }),
    makeRow(id, 7, { createdAt: daysAgo(31) }),
    makeRow(id, 8, { createdAt: daysAgo(29) }),
    makeRow(id, 9, { createdAt: daysAgo(1) }),
  ]);
  const preview = await read(`${path}/retention-preview?days=30`);
  expect(preview).toMatchObject({ calls: 2, changes: 0 });
  await manage("PATCH", path, { retentionDays: 30 });
  await runCleanUp(Date.now());
  const { items } = await read(`${path}/tool-calls`);
  expect(items.map(({ seq }: Json) => seq)).toEqual([9, 8]);
});

test("totals and refusals search indexes and never read a whole table", async () => {
  const range = { stepMs: DAY_MS, from: 1, to: 31 } as const;
  const plans = await explainQueries(async (db) => {
    await listUsageTotals(db, "ws_x", "tool", range, { serverSlug: "one" });
    await listRefusals(db, "ws_x", { from: 1, to: 2 }, {}, 10);
  });
  expect(plans).toHaveLength(2);
  for (const line of plans.flat()) expect(line).not.toMatch(/^SCAN (usage_steps|mcp_tool_calls)/);
  expect(plans.flat().join("\n")).toContain(
    "INDEX mcp_tool_calls_not_ok (workspace_id=? AND status=? AND seq>?)",
  );
});
