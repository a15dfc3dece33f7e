import { describe, expect, test } from "vitest";
import { deleteExpiredCalls } from "../../../workers/db/calls.ts";
import { deleteExpiredChecks, insertChecks, listChecks } from "../../../workers/db/checks.ts";
import { deleteExpiredEvents } from "../../../workers/db/events.ts";
import { QueryBudget } from "../../../workers/db/query-budget.ts";
import { db, makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { manage } from "../support/management-client.ts";

describe("retention", () => {
  test("retention deletes all calls and events of a workspace before a time, and no others", async () => {
    const [mine, other] = [
      await makeAuditedWorkspace("retention"),
      await makeAuditedWorkspace("retention-other"),
    ];
    await storeRows(Array.from({ length: 4_100 }, (_, i) => makeRow(mine.id, i + 1)));
    // Numbers follow time nearly, not exactly: an old row after younger ones.
    await storeRows([makeRow(mine.id, 4_150), makeRow(mine.id, 4_160, { createdAt: 2_000 })]);
    await storeRows([makeRow(other.id, 1)]);
    // Each step takes 2,000 rows; the next run continues.
    expect(await deleteExpiredCalls(db, mine.id, 5_000, new QueryBudget(2))).toBe(2_000);
    expect(await deleteExpiredCalls(db, mine.id, 5_000, new QueryBudget(9))).toBe(2_000);
    expect(await deleteExpiredCalls(db, mine.id, 5_000, new QueryBudget(9))).toBe(0);
    const left = (await manage("GET", `${mine.path}/tool-calls?limit=500`)).body.items;
    expect([left.length, left.at(-1).seq]).toEqual([102, 4_000]);
    expect((await manage("GET", `${other.path}/tool-calls`)).body.items).toHaveLength(1);
    expect(await deleteExpiredEvents(db, mine.id, 1, new QueryBudget(9))).toBe(0);
    expect(await deleteExpiredEvents(db, mine.id, Date.now() + 1, new QueryBudget(9))).toBe(1);
    expect((await manage("GET", `${other.path}/audit-events`)).body.items).toHaveLength(1);
  });

  test("retention deletes old server checks, and repeated checks are stored once", async () => {
    const error = {
      code: "upstream_http_error",
      message: "502 from the server",
      status: 502,
    } as const;
    const makeCheck = (checkedAt: number, failed = false) => ({
      serverId: "srv_x",
      workspaceId: "ws_x",
      check: { checkedAt, latencyMs: 3, error: failed ? error : null },
    });
    await insertChecks(
      db,
      Array.from({ length: 30 }, (_, i) => makeCheck(i, i === 29)),
    );
    await insertChecks(db, [makeCheck(29)]);
    await deleteExpiredChecks(db, 20, new QueryBudget(9));
    const checks = await listChecks(db, "srv_x", null, 100);
    expect(checks).toHaveLength(10);
    expect(checks[0]).toEqual(makeCheck(29, true).check);
    expect(checks[9]).toEqual(makeCheck(20).check);
  });
});
