import { describe, expect, test } from "vitest";
import { type CallFilters, findLastCallSeq, listCalls } from "../../../workers/db/calls.ts";
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
  ["INDEX mcp_tool_calls_by_tool", { toolName: "echo" }],
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
    expect(plans).toEqual([
      [expect.stringContaining(search)],
      [expect.stringMatching(/ AND seq<\?\)$/)],
    ]);
    expect(plans[1]?.[0]).toContain(search);
  },
);
