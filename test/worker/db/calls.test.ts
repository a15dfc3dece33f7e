import { describe, expect, test } from "vitest";
import type { CallFilters } from "../../../workers/db/call-filters.ts";
import { findLastCallSeq, listCalls } from "../../../workers/db/calls.ts";
import { listTokens } from "../../../workers/db/workspaces.ts";
import { db, makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { manage } from "../support/management-client.ts";
import { explainQueries } from "../support/query-plans.ts";

describe("call rows", () => {
  test("call rows are returned unchanged, and delivering one twice stores it once", async () => {
    const { id, path } = await makeAuditedWorkspace("rows");
    const rows = [
      makeRow(id, 1),
      makeRow(id, 2, {
        memberId: null,
        toolName: null,
        latencyMs: null,
        status: "error",
        errorCode: "x",
      }),
    ];
    await storeRows(rows);
    await storeRows([makeRow(id, 1, { status: "error" }), makeRow(id, 3)]);
    const { body } = await manage("GET", `${path}/tool-calls`);
    expect(body).toMatchObject({ items: [makeRow(id, 3), rows[1], rows[0]], nextCursor: null });
    expect(await findLastCallSeq(db, id)).toBe(3);
    expect(await findLastCallSeq(db, "ws_none")).toBe(0);
  });

  test("a known outcome replaces an unknown one, and never the reverse", async () => {
    const { id, path } = await makeAuditedWorkspace("unknown");
    await storeRows([makeRow(id, 1, { status: "unknown", latencyMs: null })]);
    await storeRows([makeRow(id, 1)]);
    await storeRows([makeRow(id, 1, { status: "unknown", latencyMs: null })]);
    expect((await manage("GET", `${path}/tool-calls`)).body.items).toMatchObject([makeRow(id, 1)]);
  });

  test("any number of call rows is stored", async () => {
    const { id } = await makeAuditedWorkspace("many");
    await storeRows(Array.from({ length: 1_203 }, (_, i) => makeRow(id, i + 1)));
    expect(await findLastCallSeq(db, id)).toBe(1_203);
  });

  test("call rows update the last use of their tokens, which never decreases", async () => {
    const { id, path } = await makeAuditedWorkspace("uses");
    const { record } = (await manage("POST", `${path}/tokens`, { label: "x" })).body;
    const used = (seq: number, createdAt: number) =>
      makeRow(id, seq, { tokenId: record.id, createdAt });
    await storeRows([
      used(1, 5_000),
      used(2, 9_000),
      used(3, 7_000),
      makeRow(id, 4, { tokenId: null }),
    ]);
    await storeRows([used(5, 6_000)]);
    expect((await manage("GET", `${path}/tokens`)).body.items).toMatchObject([
      { id: record.id, lastUsedAt: 9_000 },
    ]);
    await manage("PATCH", path, { name: "x" });
    await manage("DELETE", `${path}/tokens/${record.id}`);
    expect((await listTokens(db, id))[0]?.lastUsedAt).toBe(9_000);
  });
});

test.each<[string, CallFilters]>([
  ["PRIMARY KEY", {}],
  ["INDEX mcp_tool_calls_by_member", { memberId: "mem_a" }],
  ["INDEX mcp_tool_calls_by_server", { serverSlug: "one" }],
  ["INDEX mcp_tool_calls_by_tool", { tools: { names: ["echo"], keys: [] } }],
  ["INDEX mcp_tool_calls_not_ok", { status: "error" }],
  ["PRIMARY KEY", { status: "ok" }],
  ["PRIMARY KEY", { method: "tools/call" }],
  ["PRIMARY KEY", { from: 1, to: 2 }],
])(
  "the list of calls uses the index %s for all pages with the filter %o",
  async (index, filters) => {
    const plans = await explainQueries(async (db) => {
      for (const before of [null, 10]) await listCalls(db, "ws_x", filters, before, 100);
    });
    const search = `SEARCH mcp_tool_calls USING ${index} (workspace_id=?`;
    const [first, next] = plans.map((lines) => lines.find((line) => line.startsWith(search)));
    expect(first).toBeDefined();
    expect(next).toMatch(/ AND seq<\?\)$/);
    // The rows are in order already.
    expect(plans.flat().join()).not.toContain("TEMP B-TREE");
  },
);

test("a time range of calls is read as a range of sequence numbers, with no scan", async () => {
  const plans = await explainQueries((db) => listCalls(db, "ws_x", { from: 1, to: 2 }, null, 100));
  expect(plans[0]?.[0]).toContain("PRIMARY KEY (workspace_id=? AND seq>? AND seq<?)");
  expect(plans[0]?.join()).not.toContain("SCAN mcp_tool_calls");
});

test("the calls of a time range are found, whatever gaps the numbers have and in whatever order", async () => {
  const { id, path } = await makeAuditedWorkspace("call-ranges");
  const times = [...Array(50).keys()].map((i) => [3 * i + 7, 10_000 + 10 * i] as const);
  const disordered = [
    [500, 20_001],
    [501, 20_000],
    [900, 20_005],
  ] as const;
  await storeRows(
    [...times, ...disordered].map(([seq, createdAt]) => makeRow(id, seq, { createdAt })),
  );
  const list = async (from: number, to: number) =>
    (await manage("GET", `${path}/tool-calls?from=${from}&to=${to}`)).body.items.map(
      ({ seq }: { seq: number }) => seq,
    );
  expect(await list(10_000, 10_001)).toEqual([7]);
  expect(await list(10_100, 10_130)).toEqual([43, 40, 37]);
  expect(await list(20_001, 20_002)).toEqual([500]);
  expect(await list(20_000, 20_001)).toEqual([501]);
  expect(await list(20_002, 30_000)).toEqual([900]);
  expect(await list(0, 10_000)).toEqual([]);
  expect(await list(0, 99_999)).toHaveLength(53);
});
