import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { consumeAuditBatch } from "../../../workers/audit/consume.ts";
import type { AuditMessage, CallRow } from "../../../workers/contract/records/audit.ts";
import { encodeOutcomes } from "../../../workers/contract/records/outcome-rows.ts";
import {
  bindings,
  callTool,
  change,
  makeMember,
  makeWorkspace,
  rpc,
  waitForCalls,
  waitForRows,
} from "../support/gateway-client.ts";
import { manage, readWorkspaceId } from "../support/management-client.ts";

function toMessage(workspaceSlug: string, rows: CallRow[], batches: number[] = []): AuditMessage {
  const workspaceId = rows[0]?.workspaceId ?? "";
  return { workspaceSlug, workspaceId, life: "none", batches, rows: encodeOutcomes(rows) };
}

async function consume(body: unknown, env: typeof bindings = bindings) {
  return consumeAll([body], env);
}

async function consumeAll(bodies: unknown[], env: typeof bindings = bindings) {
  const batch = createMessageBatch(
    "mcpnest-audit",
    bodies.map((body) => ({ id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body })),
  );
  await consumeAuditBatch(batch, env);
  return getQueueResult(batch, createExecutionContext());
}

/** D1 whose batches go to `batch`; `batches`: how many there were. */
function withBatch(batch: D1Database["batch"]): { DB: D1Database; batches: () => number } {
  let count = 0;
  const DB = new Proxy(bindings.DB, {
    get: (target, name) => (first: never) => {
      if (name !== "batch")
        return (Reflect.get(target, name) as D1Database["prepare"]).call(target, first);
      count++;
      return batch(first);
    },
  });
  return { DB, batches: () => count };
}

async function listSeqs(slug: string): Promise<number[]> {
  return (await waitForRows(slug, 0)).map((row) => row.seq);
}

async function makeCallRow(slug: string, seq: number, createdAt = Date.now()): Promise<CallRow> {
  const workspaceId = await readWorkspaceId(slug);
  return {
    id: `${workspaceId}:${seq}`,
    seq,
    workspaceId,
    memberId: null,
    tokenId: null,
    serverSlug: "ok",
    toolName: "echo",
    method: "tools/call",
    status: "ok",
    errorCode: null,
    latencyMs: 1,
    protocolVersion: null,
    clientName: null,
    clientVersion: null,
    resendReason: null,
    count: 1,
    rule: null,
    createdAt,
  };
}

describe("the audit row of a call", () => {
  test("an audit row names caller, tool, server, outcome and latency, and holds no argument or result", async () => {
    const client = await makeWorkspace("record");
    const { member } = await change("record", { type: "member.create", input: { name: "Ada" } });
    const { token, record } = await change("record", {
      type: "token.create",
      input: { label: "laptop", memberId: member.id },
    });
    await callTool({ slug: client.slug, token }, "echo", { password: "argument-canary" });
    const [row] = await waitForRows("record", 1);
    expect(row).toMatchObject({
      seq: 1,
      memberId: member.id,
      tokenId: record.id,
      serverSlug: "ok",
      toolName: "echo",
      method: "tools/call",
      status: "ok",
      errorCode: null,
    });
    expect(row?.latencyMs).toBeGreaterThanOrEqual(0);
    const all = await Promise.all(
      ["mcp_tool_calls", "audit_events"].map((table) =>
        bindings.DB.prepare(`SELECT * FROM ${table}`).all(),
      ),
    );
    expect(JSON.stringify(all.map(({ results }) => results))).not.toContain("argument-canary");
  });

  test("sequence numbers have no gap, whatever the outcomes of the calls", async () => {
    const client = await makeWorkspace("gapless", { ok: "/ok", bad: "/call/500" });
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        callTool(client, ["ok__echo", "bad__echo", "nothing"][i % 3] ?? ""),
      ),
    );
    const rows = await waitForCalls("gapless", 60);
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, i) => i + 1));
    expect(new Set(rows.map((row) => row.errorCode))).toEqual(
      new Set([null, "upstream_http_error", "unknown_tool"]),
    );
  });

  test("refused calls of one kind in one minute have one row with their number, and the usage counts each", async () => {
    const client = await makeWorkspace("refused");
    const other = await makeMember("refused", ["ok:add"]);
    await change("refused", {
      type: "workspace.update",
      patch: { limits: { perTokenPerMinute: 3 } },
    });
    const call = (token: string, name: string) => callTool({ ...client, token }, name);
    await call(client.token, "nothing");
    await call(client.token, "nothing");
    await call(client.token, "echo");
    await Promise.all(Array.from({ length: 50 }, () => call(client.token, "echo")));
    for (let i = 0; i < 3; i++) await call(other.token, "echo");
    const rows = await waitForCalls("refused", 56);
    const counts: Record<string, number> = {};
    for (const { tokenId, status, errorCode, count } of rows) {
      const kind = `${tokenId === client.tokenId ? "first" : "second"} ${status} ${errorCode}`;
      counts[kind] = (counts[kind] ?? 0) + count;
    }
    expect(counts).toEqual({
      "first error unknown_tool": 2,
      "first ok null": 1,
      "first rate_limited rate_limited": 50,
      "second blocked tool_not_allowed": 3,
    });
    // A minute can end during the test, and each minute has its own rows.
    const minutes = new Set(rows.map(({ createdAt }) => Math.floor(createdAt / 60_000)));
    expect(rows.length).toBeLessThanOrEqual(4 * minutes.size);
    const { body } = await manage("GET", "/workspaces/refused/usage");
    expect(body.total).toMatchObject({ calls: 56, errors: 2, refused: 53 });
  });

  test("lists and handshakes reach no server and create no audit row", async () => {
    const client = await makeWorkspace("unrecorded");
    await rpc(client, "initialize", { protocolVersion: "2025-11-25" });
    await rpc(client, "tools/list");
    await callTool(client, "echo");
    expect(await waitForRows("unrecorded", 1)).toHaveLength(1);
  });
});

describe("the queue consumer", () => {
  test("messages that D1 does not accept are retried, and are stored when it does", async () => {
    await makeWorkspace("dead-d1");
    const message = toMessage("dead-d1", [await makeCallRow("dead-d1", 1)], [1]);
    const dead = new Proxy(bindings.DB, {
      get: () => () => {
        throw new Error("D1 is down");
      },
    });
    const failed = await consume(message, { ...bindings, DB: dead });
    expect([failed.retryMessages.length, failed.explicitAcks.length]).toEqual([1, 0]);
    const later = await consume(message);
    expect(later.explicitAcks).toHaveLength(1);
    expect(await listSeqs("dead-d1")).toEqual([1]);
  });

  test("a database that accepts nothing is tried four times for a hundred messages", async () => {
    await makeWorkspace("dead-writes");
    const rows = await Promise.all(
      Array.from({ length: 100 }, (_, i) => makeCallRow("dead-writes", i + 1)),
    );
    const database = withBatch(() => Promise.reject(new Error("D1 is down")));
    const messages = rows.map((row) => toMessage("dead-writes", [row]));
    const result = await consumeAll(messages, { ...bindings, DB: database.DB });
    expect(result.retryMessages).toHaveLength(100);
    expect(database.batches()).toBe(4);
  });

  test("a message that arrives twice is stored once, and a late outcome replaces only an unknown one", async () => {
    await makeWorkspace("twice");
    const row = await makeCallRow("twice", 1);
    const unknown = { ...row, status: "unknown" as const, errorCode: "outcome_lost" };
    for (const rows of [[unknown], [row], [row], [unknown]]) {
      await consume(toMessage("twice", rows));
    }
    expect((await waitForRows("twice", 1)).map(({ status }) => status)).toEqual(["ok"]);
  });

  test("messages of several workspaces are stored with one batch of D1", async () => {
    for (const slug of ["together-a", "together-b"]) await makeWorkspace(slug);
    const database = withBatch((statements) => bindings.DB.batch(statements));
    const result = await consumeAll(
      [
        toMessage("together-a", [await makeCallRow("together-a", 1)]),
        toMessage("together-b", [await makeCallRow("together-b", 1)]),
        toMessage("together-a", [
          await makeCallRow("together-a", 2),
          await makeCallRow("together-a", 3),
        ]),
      ],
      { ...bindings, DB: database.DB },
    );
    expect(result.explicitAcks).toHaveLength(3);
    expect(database.batches()).toBe(1);
    expect(await listSeqs("together-a")).toEqual([1, 2, 3]);
    expect(await listSeqs("together-b")).toEqual([1]);
  });

  test("a message that D1 refuses blocks neither its workspace nor others", async () => {
    for (const slug of ["poisoned", "beside-poisoned"]) await makeWorkspace(slug);
    const bad = { ...(await makeCallRow("poisoned", 2)), method: null } as never;
    const result = await consumeAll([
      toMessage("poisoned", [await makeCallRow("poisoned", 1)]),
      toMessage("poisoned", [bad]),
      toMessage("beside-poisoned", [await makeCallRow("beside-poisoned", 1)]),
      toMessage("poisoned", [await makeCallRow("poisoned", 3)]),
    ]);
    expect([result.retryMessages.length, result.explicitAcks.length]).toEqual([1, 3]);
    expect(await listSeqs("poisoned")).toEqual([1, 3]);
    expect(await listSeqs("beside-poisoned")).toEqual([1]);
  });

  test("rows of an older release, which have no client version and no rule, are stored beside those of this one", async () => {
    await makeWorkspace("older");
    const row = {
      ...(await makeCallRow("older", 2)),
      clientName: "editor",
      clientVersion: "2.0.1",
      rule: "everything:*",
    };
    const message = toMessage("older", [{ ...row, seq: 1 }, row]);
    const [older, newer] = JSON.parse(message.rows);
    expect(older.splice(-4)).toEqual(["2.0.1", null, 1, "everything:*"]);
    await consume({ ...message, rows: JSON.stringify([older, newer]) });
    expect(await waitForRows("older", 2)).toMatchObject([
      { seq: 1, clientName: "editor", clientVersion: null },
      { seq: 2, clientName: "editor", clientVersion: "2.0.1" },
    ]);
    const { body } = await manage("GET", "/workspaces/older/tool-calls");
    expect(body.items.map(({ clientVersion }: CallRow) => clientVersion)).toEqual(["2.0.1", null]);
    expect(body.items.map(({ rule }: CallRow) => rule)).toEqual(["everything:*", null]);
  });

  test("a message of the next release, with fields that this one does not know, is stored", async () => {
    await makeWorkspace("newer");
    const message = toMessage("newer", [await makeCallRow("newer", 1)]);
    const [row] = JSON.parse(message.rows);
    const rows = JSON.stringify([[...row, "a further value"]]);
    const result = await consume({ ...message, rows, added: true });
    expect(result.explicitAcks).toHaveLength(1);
    expect(await listSeqs("newer")).toEqual([1]);
  });

  test("a message that cannot be read is skipped and does not block the others", async () => {
    await makeWorkspace("beside-unreadable");
    const row = await makeCallRow("beside-unreadable", 1);
    const result = await consumeAll([{ nonsense: true }, toMessage("beside-unreadable", [row])]);
    expect(result.explicitAcks).toHaveLength(2);
    expect(await listSeqs("beside-unreadable")).toEqual([1]);
  });
});

test("a deleted workspace admits no client, and a new one with its slug inherits nothing", async () => {
  const old = await makeWorkspace("reborn");
  await callTool(old, "echo");
  await change("reborn", { type: "workspace.delete" });
  expect((await callTool(old, "echo")).response.status).toBe(401);
  const { results } = await bindings.DB.prepare(
    "SELECT count(*) AS n FROM mcp_tool_calls c JOIN workspaces w ON w.id = c.workspace_id WHERE w.slug = 'reborn'",
  ).all();
  expect(results).toEqual([{ n: 1 }]);
  const fresh = await makeWorkspace("reborn", {});
  expect((await rpc(fresh, "tools/list")).message.result.tools).toEqual([]);
  expect((await callTool(old, "echo")).response.status).toBe(401);
});
