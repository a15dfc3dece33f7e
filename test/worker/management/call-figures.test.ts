import { expect, test } from "vitest";
import { MINUTE_MS } from "../../../workers/contract/units.ts";
import { countCallsByStep, listCallValues } from "../../../workers/db/call-figures.ts";
import { makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { manage, readWorkspaceId } from "../support/management-client.ts";
import { explainQueries } from "../support/query-plans.ts";

/** The beginning of an hour, less than a day ago. */
const AT = Math.floor(Date.now() / (60 * MINUTE_MS)) * 60 * MINUTE_MS - 5 * 60 * MINUTE_MS;

test("calls are counted by time and status, as the filters say, in steps that fit the range", async () => {
  const { id, path } = await makeAuditedWorkspace("counted-calls");
  await storeRows([
    makeRow(id, 1, { createdAt: AT }),
    makeRow(id, 2, { createdAt: AT + 10, status: "blocked", count: 7 }),
    makeRow(id, 3, { createdAt: AT + 3 * MINUTE_MS, serverSlug: "two" }),
    makeRow(id, 4, { createdAt: AT + 90 * MINUTE_MS }),
  ]);
  const count = async (query: string) =>
    (await manage("GET", `${path}/tool-calls/counts?${query}`)).body;
  const range = `from=${AT}&to=${AT + 60 * MINUTE_MS}`;
  expect(await count(range)).toEqual({
    from: AT,
    to: AT + 60 * MINUTE_MS,
    stepMs: MINUTE_MS,
    steps: [
      { at: AT, calls: { blocked: 7, ok: 1 } },
      { at: AT + 3 * MINUTE_MS, calls: { ok: 1 } },
    ],
    lastCallAt: AT + 90 * MINUTE_MS,
    names: { member: null, token: null, server: null },
    hasMemberLeft: false,
  });
  expect((await count(`${range}&server=two`)).steps).toEqual([
    { at: AT + 3 * MINUTE_MS, calls: { ok: 1 } },
  ]);
  expect(await count(`${range}&upTo=1`)).toMatchObject({ steps: [{ at: AT, calls: { ok: 1 } }] });
  // Without a range: from the first call on.
  expect(await count("")).toMatchObject({ from: AT, stepMs: 5 * MINUTE_MS });
  const empty = await makeAuditedWorkspace("counted-none");
  expect((await manage("GET", `${empty.path}/tool-calls/counts`)).body).toMatchObject({
    steps: [],
    lastCallAt: null,
  });
});

test("the values of filters are those of the calls in the range, with names, and a member sees only own ones", async () => {
  await makeOwner("filter-values");
  const path = "/workspaces/filter-values";
  const id = await readWorkspaceId("filter-values");
  const { browser, memberId } = await makeJoinedUser("filter-values", "member", "Eve");
  const { record } = (await manage("POST", `${path}/tokens`, { label: "cli", memberId })).body;
  await storeRows([
    makeRow(id, 1, { memberId, tokenId: record.id, clientName: "a", clientVersion: "2" }),
    makeRow(id, 2, { memberId, tokenId: record.id, clientName: "a", clientVersion: "1" }),
    makeRow(id, 3, { status: "error", errorCode: "x", clientName: "b", rule: "one:*" }),
    makeRow(id, 4, { createdAt: 9_000, clientName: "late" }),
  ]);
  const { body } = await manage("GET", `${path}/tool-calls/values?to=9000`);
  expect(body).toEqual({
    members: expect.arrayContaining([
      { id: "mem_a", name: "mem_a", hasLeft: true },
      { id: memberId, name: "Eve", hasLeft: false },
    ]),
    tokens: expect.arrayContaining([
      { id: "tok_a", label: "tok_a", isRevoked: true },
      { id: record.id, label: "cli", isRevoked: false },
    ]),
    servers: [{ slug: "one", name: "one" }],
    clients: [
      { name: "a", versions: ["1", "2"] },
      { name: "b", versions: ["1.2.3"] },
    ],
    errors: ["x"],
    rules: ["one:*"],
    methods: ["tools/call"],
  });
  const own = (await browser.send("GET", `${path}/me/tool-calls/values`)).body;
  expect(own).toMatchObject({ members: [{ name: "Eve" }], clients: [{ name: "a" }], errors: [] });
  const counts = (await browser.send("GET", `${path}/me/tool-calls/counts?from=0&to=99999`)).body;
  expect(counts.steps).toMatchObject([{ calls: { ok: 2 } }]);
});

test("counts and values of calls read the calls of their range only", async () => {
  const plans = await explainQueries(async (db) => {
    await countCallsByStep(db, "ws_x", { from: 1, to: 2 }, { from: 1, stepMs: 1 });
    await listCallValues(db, "ws_x", { from: 1, to: 2 });
  });
  expect(plans).toHaveLength(2);
  for (const plan of plans) expect(plan[0]).toContain("(workspace_id=? AND seq>? AND seq<?)");
});

test("members save views of the audit log for themselves", async () => {
  const owner = await makeOwner("viewing");
  const { browser: other } = await makeJoinedUser("viewing", "admin");
  const path = "/workspaces/viewing/me/audit-views";
  const saved = await owner.send("POST", path, { name: "Refused", search: "status=blocked" });
  expect(saved.status).toBe(201);
  const { body } = await owner.send("GET", path);
  expect(body.items).toEqual([saved.body]);
  expect(body.items[0]).toMatchObject({ name: "Refused", search: "status=blocked" });
  expect((await other.send("GET", path)).body.items).toEqual([]);
  await other.send("DELETE", `${path}/${saved.body.id}`);
  expect((await owner.send("GET", path)).body.items).toHaveLength(1);
  await owner.send("DELETE", `${path}/${saved.body.id}`);
  expect((await owner.send("GET", path)).body.items).toEqual([]);
});
