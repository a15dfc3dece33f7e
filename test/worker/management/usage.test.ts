import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";
import { openDb } from "../../../workers/db/database.ts";
import { listBusiestNames, listUsage } from "../../../workers/db/usage-figures.ts";
import { listToolUse } from "../../../workers/db/usage.ts";
import { makeRow, makeAuditedWorkspace, storeRows } from "../support/audit-rows.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import { explainQueries } from "../support/query-plans.ts";

/** The beginning of a day, long enough ago that nothing else happens then. */
const DAY = Math.floor(Date.now() / DAY_MS) * DAY_MS - 10 * DAY_MS;

const usage = async (path: string, query = "") =>
  (await manage("GET", `${path}/usage?from=${DAY}&to=${DAY + DAY_MS}${query}`)).body;

describe("usage", () => {
  test("the later messages of a task count as requests to its server, not as calls of its tool", async () => {
    const { id, path } = await makeAuditedWorkspace("counts-tasks");
    const methods = ["tools/call", "tasks/get", "tasks/get", "tasks/result"];
    const createdAt = DAY + HOUR_MS;
    await storeRows(methods.map((method, i) => makeRow(id, i + 1, { createdAt, method })));
    const countBy = async (by: string) =>
      (await usage(path, `&by=${by}`)).series.map((s: Json) => [s.name, s.total.calls]);
    expect(await countBy("server")).toEqual([["one", 4]]);
    expect(Object.fromEntries(await countBy("tool"))).toEqual({ "one:echo": 1, "": 3 });
  });

  test("usage adds up calls per hour, in total and by server, tool and member", async () => {
    const { id, path } = await makeAuditedWorkspace("adds-up");
    const at = (seq: number, hour: number, fields = {}) =>
      makeRow(id, seq, { createdAt: DAY + hour * HOUR_MS + seq, ...fields });
    await storeRows([
      at(1, 0, { latencyMs: 4 }),
      at(2, 0, { latencyMs: 40, memberId: "mem_b" }),
      at(3, 5, { latencyMs: 400, status: "error", serverSlug: "two" }),
      at(4, 5, { latencyMs: 0, status: "blocked", toolName: "add" }),
      at(5, 5, { latencyMs: 0, status: "rate_limited", serverSlug: null, toolName: null }),
      at(6, 5, { latencyMs: 7, status: "cancelled", memberId: null }),
      at(7, 5, { latencyMs: null, status: "unknown" }),
    ]);
    const all = await usage(path);
    expect(all).toMatchObject({
      from: DAY,
      to: DAY + DAY_MS,
      stepMs: HOUR_MS,
      total: { calls: 6, errors: 1, refused: 2, cancelled: 1 },
      names: 1,
    });
    expect(all.series[0].points).toEqual([
      { at: DAY, calls: 2, errors: 0, refused: 0, cancelled: 0, p50Ms: 5, p95Ms: 47 },
      {
        at: DAY + 5 * HOUR_MS,
        calls: 4,
        errors: 1,
        refused: 2,
        cancelled: 1,
        p50Ms: 350,
        p95Ms: 485,
      },
    ]);
    const named = async (by: string) =>
      Object.fromEntries(
        (await usage(path, `&by=${by}`)).series.map((s: Json) => [s.name, s.total.calls]),
      );
    expect(await named("server")).toEqual({ one: 4, two: 1, "": 1 });
    expect(await named("tool")).toEqual({ "one:echo": 3, "one:add": 1, "two:echo": 1, "": 1 });
    expect(await named("member")).toEqual({ mem_a: 4, mem_b: 1, "": 1 });
    const days = await usage(path, "&step=day&by=server&limit=1");
    expect(days).toMatchObject({ stepMs: DAY_MS, names: 3, total: { calls: 6 } });
    expect(days.series).toHaveLength(1);
    expect(days.series[0].points).toMatchObject([{ at: DAY, calls: 4 }]);
    expect((await usage(path, "&by=server&name=two")).total).toMatchObject({ calls: 1, errors: 1 });
    expect((await usage((await makeAuditedWorkspace("adds-nothing")).path)).total).toEqual({
      calls: 0,
      errors: 0,
      refused: 0,
      cancelled: 0,
      p50Ms: null,
      p95Ms: null,
    });
  });

  test("usage counts a row once, however often it is delivered", async () => {
    const { id, path } = await makeAuditedWorkspace("counts-once");
    const row = (seq: number, fields = {}) => makeRow(id, seq, { createdAt: DAY + seq, ...fields });
    const unknown = { status: "unknown", latencyMs: null } as const;
    await storeRows([row(1), row(2, unknown)]);
    await storeRows([row(1), row(2), row(3)]);
    await storeRows([row(3), row(3), row(2, { status: "error" }), row(1, unknown)]);
    await storeRows([row(4, unknown), row(4)]);
    expect((await usage(path)).total).toMatchObject({ calls: 4, errors: 0 });
    const { results } = await bindings.DB.prepare(
      "SELECT calls, last_called_at AS last FROM usage_steps WHERE workspace_id = ?",
    )
      .bind(id)
      .all();
    expect(results).toEqual([{ calls: 4, last: DAY + 4 }]);
  });

  test("hours become days after nine days, with the same sums, and late rows join their day", async () => {
    const { id, path } = await makeAuditedWorkspace("rolled-up");
    const old = (seq: number, fields = {}) => {
      const createdAt = DAY - 5 * DAY_MS + seq * HOUR_MS;
      return makeRow(id, seq, { createdAt, memberId: "mem_a", ...fields });
    };
    await storeRows([old(1), old(2, { status: "error" }), old(3, { status: "blocked" })]);
    await storeRows([makeRow(id, 4, { createdAt: Date.now() })]);
    const read = async () => {
      const range = `from=${DAY - 9 * DAY_MS}&step=day`;
      const byTool = (await manage("GET", `${path}/usage?${range}&by=tool`)).body;
      return { byTool: byTool.series, tools: await listToolUse(openDb(bindings.DB), id, 0) };
    };
    const listHours = async () => {
      const query = "SELECT hours FROM usage_steps WHERE workspace_id = ? ORDER BY hours";
      const { results } = await bindings.DB.prepare(query).bind(id).all<{ hours: number }>();
      return results.map(({ hours }) => hours);
    };
    const before = await read();
    expect(before.byTool[0].total.calls).toBe(4);
    expect(await listHours()).toEqual([1, 1, 1, 1]);
    await runCleanUp(Date.now());
    expect(await listHours()).toEqual([1, 24]);
    expect(await read()).toEqual(before);
    await storeRows([old(5)]);
    await runCleanUp(Date.now());
    expect(await listHours()).toEqual([1, 24]);
    expect((await read()).byTool[0].total.calls).toBe(5);
  });

  test("usage is stored in the same batch as the rows", async () => {
    const { id, path } = await makeAuditedWorkspace("all-or-nothing");
    const bad = { ...makeRow(id, 2, { createdAt: DAY }), method: null } as never;
    await expect(storeRows([makeRow(id, 1, { createdAt: DAY }), bad])).rejects.toThrow(/NOT NULL/);
    expect((await usage(path)).total.calls).toBe(0);
  });

  test("usage of an empty or too long range is refused", async () => {
    const { path } = await makeAuditedWorkspace("ranges");
    for (const query of [`from=${DAY}&to=${DAY}`, `from=0&to=${DAY}`, "limit=0", "by=colour"]) {
      expect(refusalOf(await manage("GET", `${path}/usage?${query}`))).toMatch(/^400 invalid: /);
    }
  });

  test("usage of 30 days of a busy workspace has a point for each day", async () => {
    const { id, path } = await makeAuditedWorkspace("busy");
    const counts = "100, 3, 2, 10, 10, 20, 20, 10, 10, 5, 5, 4, 3, 2, 1, 0, 0, 1";
    // The cells of a step: calls of a member of a tool. Older hours have become days.
    const sizes = { 1: { steps: 9 * 24, cells: 500 }, 24: { steps: 30, cells: 2_000 } };
    for (const [hours, { steps, cells }] of Object.entries(sizes)) {
      const last = Math.floor(DAY / (Number(hours) * HOUR_MS));
      await bindings.DB.prepare(
        `INSERT INTO usage_steps SELECT ?1, ?2, s.value, 'server-' || n.value % 20, 'tool-' || n.value % 200,
           'mem-' || n.value, ${counts}
         FROM json_each(?3) AS s, json_each(?4) AS n`,
      )
        .bind(
          id,
          Number(hours),
          JSON.stringify(Array.from({ length: steps }, (_, i) => last - i)),
          JSON.stringify(Array.from({ length: cells }, (_, i) => i)),
        )
        .run();
    }
    const range = `from=${DAY - 29 * DAY_MS}&to=${DAY + HOUR_MS}&step=day`;
    for (const by of ["all", "server", "tool", "member"]) {
      const { body } = await manage("GET", `${path}/usage?${range}&by=${by}`);
      expect(body.series[0].points).toHaveLength(30);
    }
  });

  test("usage is read by the range of its primary key", async () => {
    const range = { stepMs: 86_400_000, from: 1, to: 31 } as const;
    const plans = await explainQueries(async (db) => {
      await listBusiestNames(db, "ws_x", "tool", range, 10);
      await listUsage(db, "ws_x", "tool", range, ["ok:echo"]);
    });
    expect(plans).toHaveLength(2);
    const bySteps =
      "SEARCH usage_steps USING PRIMARY KEY (workspace_id=? AND hours=? AND step>? AND step<?";
    for (const plan of plans)
      expect(plan.filter((line) => line.startsWith(bySteps))).toHaveLength(2);
  });
});
