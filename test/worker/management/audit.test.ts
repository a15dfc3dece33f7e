import { describe, expect, test } from "vitest";
import type { CallRow } from "../../../workers/contract/records/audit.ts";
import { findLastCallSeq, listCalls, type CallFilters } from "../../../workers/db/calls.ts";
import { openDb } from "../../../workers/db/database.ts";
import { listTokens } from "../../../workers/db/workspaces.ts";
import { db, makeRow, makeAuditedWorkspace, storeRows } from "../support/audit-rows.ts";
import { bindings } from "../support/gateway-client.ts";
import { manage, refusalOf } from "../support/management-client.ts";

const seqs = (body: { items: CallRow[] }) => body.items.map(({ seq }) => seq);

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
    expect(body).toEqual({ items: [makeRow(id, 3), rows[1], rows[0]], nextCursor: null });
    expect(await findLastCallSeq(db, id)).toBe(3);
    expect(await findLastCallSeq(db, "ws_none")).toBe(0);
  });

  test("a known outcome replaces an unknown one, and never the reverse", async () => {
    const { id, path } = await makeAuditedWorkspace("unknown");
    await storeRows([makeRow(id, 1, { status: "unknown", latencyMs: null })]);
    await storeRows([makeRow(id, 1)]);
    await storeRows([makeRow(id, 1, { status: "unknown", latencyMs: null })]);
    expect((await manage("GET", `${path}/tool-calls`)).body.items).toEqual([makeRow(id, 1)]);
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

describe("the list of calls", () => {
  test("every filter narrows the list of calls, alone and combined", async () => {
    const { id, path } = await makeAuditedWorkspace("filters");
    const other = await makeAuditedWorkspace("other-filters");
    await storeRows([
      makeRow(id, 1, { memberId: "mem_b" }),
      makeRow(id, 2, { serverSlug: "two" }),
      makeRow(id, 3, { toolName: "add" }),
      makeRow(id, 4, { status: "blocked" }),
      makeRow(id, 5, { method: "prompts/get" }),
      makeRow(id, 6, { createdAt: 9_000 }),
    ]);
    await storeRows([makeRow(other.id, 7, { memberId: "mem_b" })]);
    const list = async (query: string) =>
      seqs((await manage("GET", `${path}/tool-calls?${query}`)).body);
    expect(await list("member=mem_b")).toEqual([1]);
    expect(await list("server=two")).toEqual([2]);
    expect(await list("tool=add")).toEqual([3]);
    expect(await list("status=blocked")).toEqual([4]);
    expect(await list("method=prompts/get")).toEqual([5]);
    expect(await list("from=9000")).toEqual([6]);
    expect(await list("from=1002&to=1004")).toEqual([3, 2]);
    expect(
      await list("server=one&tool=echo&status=ok&method=tools/call&member=mem_a&to=9001"),
    ).toEqual([6]);
    expect(refusalOf(await manage("GET", `${path}/tool-calls?status=fine`))).toMatch(
      /^400 invalid: status: /,
    );
  });

  test("the pages of the list of calls have no gap and no repetition", async () => {
    const { id, path } = await makeAuditedWorkspace("pages");
    await storeRows(Array.from({ length: 25 }, (_, i) => makeRow(id, i + 1)));
    const seen: number[] = [];
    let cursor = "";
    for (let page = 0; page < 4; page++) {
      const { body } = await manage("GET", `${path}/tool-calls?limit=10${cursor}`);
      seen.push(...seqs(body));
      // Rows that arrive meanwhile do not shift what follows.
      await storeRows([makeRow(id, 100 + page)]);
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => 25 - i));
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
      const statements: string[] = [];
      const recording = new Proxy(bindings.DB, {
        get: (target, name) => (text: string) => {
          statements.push(text);
          return (Reflect.get(target, name) as D1Database["prepare"]).call(target, text);
        },
      });
      for (const before of [null, 10])
        await listCalls(openDb(recording), "ws_x", filters, before, 100);
      const plans = await Promise.all(
        statements.map(async (statement) => {
          const values = statement.match(/\?/g)?.map(() => null) ?? [];
          const { results } = await bindings.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`)
            .bind(...values)
            .all<{ detail: string }>();
          return results.map(({ detail }) => detail);
        }),
      );
      const search = `SEARCH mcp_tool_calls USING ${index} (workspace_id=?`;
      expect(plans).toEqual([
        [expect.stringContaining(search)],
        [expect.stringMatching(/ AND seq<\?\)$/)],
      ]);
      expect(plans[1]?.[0]).toContain(search);
    },
  );
});

describe("an export", () => {
  test("an export of calls is a CSV file without cells that a spreadsheet runs as formulas", async () => {
    const { id, path } = await makeAuditedWorkspace("csv");
    await storeRows([
      makeRow(id, 1, { toolName: '=cmd("x")' }),
      makeRow(id, 2, { clientName: "a,b\r\nc", memberId: null }),
      ...["+1", "-1", "@x", "\tx"].map((toolName, i) => makeRow(id, i + 3, { toolName })),
    ]);
    const { headers, text } = await manage("GET", `${path}/tool-calls/export?format=csv`);
    expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(headers.get("content-disposition")).toBe('attachment; filename="tool-calls.csv"');
    expect(text.split("\r\n")[0]).toBe(
      "id,seq,workspaceId,memberId,tokenId,serverSlug,toolName,method,status,errorCode,latencyMs,protocolVersion,clientName,createdAt",
    );
    expect(text).toContain(`"'=cmd(""x"")"`);
    expect(text).toContain(`${id}:2,2,${id},,tok_a`);
    expect(text).toContain(`"a,b\r\nc"`);
    for (const name of ["'+1", "'-1", "'@x", "'\tx"]) expect(text).toContain(`,one,${name},`);
  });

  test("an export of calls holds every row of the filters, also past a page, newest first", async () => {
    const { id, path } = await makeAuditedWorkspace("export");
    await storeRows(
      Array.from({ length: 5_004 }, (_, i) =>
        makeRow(id, i + 1, { status: i % 1_000 === 0 ? "error" : "ok" }),
      ),
    );
    const rows = async (query: string) => {
      const { text } = await manage("GET", `${path}/tool-calls/export?format=ndjson${query}`);
      return text
        .trimEnd()
        .split("\n")
        .map((line): CallRow => JSON.parse(line));
    };
    const all = await rows("");
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 5_004 }, (_, i) => 5_004 - i));
    expect(all.at(-1)).toEqual(makeRow(id, 1, { status: "error" }));
    expect((await rows("&status=error")).map(({ seq }) => seq)).toEqual([
      5_001, 4_001, 3_001, 2_001, 1_001, 1,
    ]);
  });

  test("an export of events is a CSV file without formulas", async () => {
    const { path } = await makeAuditedWorkspace("event-export");
    await manage("POST", `${path}/members`, { name: '=1+"x"' });
    const csv = await manage("GET", `${path}/audit-events/export?format=csv`);
    expect(csv.text.split("\r\n")[0]).toBe("id,workspaceId,actor,action,object,detail,occurredAt");
    expect(csv.text.split("\r\n")[1]).toContain("operator,member.created,member:mem_");
    const lines = (await manage("GET", `${path}/audit-events/export?format=ndjson`)).text
      .trimEnd()
      .split("\n");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      action: "member.created",
      detail: { name: '=1+"x"' },
    });
    expect(lines).toHaveLength(2);
  });
});

test("events name actor and action, newest first, page by page", async () => {
  const { id, path } = await makeAuditedWorkspace("events");
  await manage("PATCH", path, { enforcement: false });
  const { record } = (await manage("POST", `${path}/tokens`, { label: "ci" })).body;
  await manage("DELETE", `${path}/tokens/${record.id}`);
  // A refused command is none.
  await manage("DELETE", `${path}/servers/none`);
  const { body } = await manage("GET", `${path}/audit-events?limit=3`);
  expect(body.items[0]).toEqual({
    id: expect.stringMatching(/^evt_/),
    workspaceId: id,
    actor: "operator",
    action: "token.revoked",
    object: `token:${record.id}`,
    detail: { label: "ci", memberId: null },
    occurredAt: expect.any(Number),
  });
  const actions = (items: { action: string }[]) => items.map(({ action }) => action);
  expect(actions(body.items)).toEqual(["token.revoked", "token.created", "workspace.updated"]);
  const rest = await manage("GET", `${path}/audit-events?cursor=${body.nextCursor}`);
  expect(actions(rest.body.items)).toEqual(["workspace.created"]);
  expect((await manage("GET", `${path}/audit-events?to=1`)).body.items).toEqual([]);
  expect((await manage("GET", `${path}/audit-events?from=1`)).body.items).toHaveLength(4);
});
