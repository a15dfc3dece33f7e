import { describe, expect, test } from "vitest";
import type { CallRow } from "../../../workers/contract/records/audit.ts";
import { makeAuditedWorkspace, makeRow, storeRows } from "../support/audit-rows.ts";
import { manage, refusalOf } from "../support/management-client.ts";

const seqs = (body: { items: CallRow[] }) => body.items.map(({ seq }) => seq);

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

  test("calls are found by token, client, error, rule, and any part of either name of a tool", async () => {
    const { id, path } = await makeAuditedWorkspace("finds");
    await manage("POST", `${path}/servers`, { slug: "git-hub", url: "http://127.0.0.1:1/" });
    await manage("POST", `${path}/servers`, {
      slug: "tracker",
      url: "http://127.0.0.1:1/",
      prefix: "jira",
    });
    await storeRows([
      makeRow(id, 1, { tokenId: "tok_b", toolName: "create_issue", serverSlug: "git-hub" }),
      makeRow(id, 2, { toolName: "create_issue", serverSlug: "tracker" }),
      makeRow(id, 3, { clientName: "cursor", clientVersion: "2" }),
      makeRow(id, 4, { clientName: "cursor", clientVersion: "3" }),
      makeRow(id, 5, { status: "error", errorCode: "upstream_timeout" }),
      makeRow(id, 6, { status: "blocked", rule: "none", toolName: "Create%" }),
      makeRow(id, 7, { rule: "one:*" }),
    ]);
    const list = async (query: string) =>
      seqs((await manage("GET", `${path}/tool-calls?${query}`)).body);
    expect(await list("token=tok_b")).toEqual([1]);
    expect(await list("client=cursor")).toEqual([4, 3]);
    expect(await list("client=cursor&clientVersion=2")).toEqual([3]);
    expect(await list("error=upstream_timeout")).toEqual([5]);
    expect(await list("rule=none")).toEqual([6]);
    expect(await list("rule=one:*")).toEqual([7]);
    expect(await list("tool=E_ISS")).toEqual([2, 1]);
    expect(await list("tool=git_hub__create_i")).toEqual([1]);
    expect(await list("tool=jira_create")).toEqual([2]);
    expect(await list("tool=create")).toEqual([6, 2, 1]);
    expect(await list("tool=e%25")).toEqual([6]);
    expect(await list("tool=jira__create")).toEqual([]);
    expect(await list('tool="echo"')).toEqual([7, 5, 4, 3]);
    expect(await list('tool="ech"')).toEqual([]);
    expect(await list("upTo=3&tool=e")).toEqual([3, 2, 1]);
  });

  test("the pages of the list of calls have no gap and no repetition", async () => {
    const { id, path } = await makeAuditedWorkspace("pages-of-calls");
    await storeRows(Array.from({ length: 25 }, (_, i) => makeRow(id, i + 1)));
    const seen: number[] = [];
    let cursor = "";
    for (let page = 0; page < 4; page++) {
      const { body } = await manage("GET", `${path}/tool-calls?limit=10${cursor}`);
      seen.push(...seqs(body));
      // Rows that arrive meanwhile do not shift the next page.
      await storeRows([makeRow(id, 100 + page)]);
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => 25 - i));
  });

  test("the list of calls can be read from a sequence number on", async () => {
    const { id, path } = await makeAuditedWorkspace("followed");
    await storeRows([makeRow(id, 1)]);
    const after = async (seq: number) =>
      seqs((await manage("GET", `${path}/tool-calls?after=${seq}&limit=100`)).body);
    expect(await after(0)).toEqual([1]);
    expect(await after(1)).toEqual([]);
    await storeRows([makeRow(id, 2), makeRow(id, 3)]);
    expect(await after(1)).toEqual([3, 2]);
  });
});

describe("an export of calls", () => {
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
      "id,seq,workspaceId,memberId,tokenId,serverSlug,toolName,method,status,errorCode,latencyMs,protocolVersion,clientName,createdAt,clientVersion,resendReason,count,rule,time,memberName,tokenLabel,serverName,memberRemoved",
    );
    expect(text).toContain(`"'=cmd(""x"")"`);
    expect(text).toContain(`${id}:2,2,${id},,tok_a`);
    expect(text).toContain(`"a,b\r\nc"`);
    for (const name of ["'+1", "'-1", "'@x", "'\tx"]) expect(text).toContain(`,one,${name},`);
  });

  test("an export of calls shows hidden and control characters as escapes", async () => {
    const { id, path } = await makeAuditedWorkspace("escaped");
    const clientName = "a\u200bb\u001b[31m\u{e0041}c";
    await storeRows([makeRow(id, 1, { clientName, toolName: "\uff1dcmd" })]);
    const csv = await manage("GET", `${path}/tool-calls/export?format=csv`);
    expect(csv.text).toContain(String.raw`,a\u{200b}b\u{1b}[31m\u{e0041}c,`);
    expect(csv.text).toContain(",'\uff1dcmd,");
    const { text } = await manage("GET", `${path}/tool-calls/export?format=ndjson`);
    expect(text).toContain(String.raw`"a\u200bb\u001b[31m\udb40\udc41c"`);
    expect(JSON.parse(text)).toMatchObject({ clientName });
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
    expect(all.at(-1)).toMatchObject(makeRow(id, 1, { status: "error" }));
    expect((await rows("&status=error")).map(({ seq }) => seq)).toEqual([
      5_001, 4_001, 3_001, 2_001, 1_001, 1,
    ]);
  });
});
