import {
  createMessageBatch,
  createExecutionContext,
  evictDurableObject,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { consumeAuditBatch } from "../../../workers/audit/consume.ts";
import type { AuditMessage, CallRow } from "../../../workers/contract/records/audit.ts";
import { encodeOutcomes } from "../../../workers/contract/records/outcome-rows.ts";
import type { Admission } from "../../../workers/contract/rpc/admission.ts";
import { runScheduled } from "../../../workers/health/scheduled.ts";
import {
  bindings,
  callTool,
  change,
  makeWorkspace,
  waitForRows,
  rpc,
} from "../support/gateway-client.ts";

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
    const rows = await waitForRows("gapless", 60);
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(new Set(rows.map((row) => row.errorCode))).toEqual(
      new Set([null, "upstream_http_error", "unknown_tool"]),
    );
  });

  test("lists and handshakes reach no server and create no audit row", async () => {
    const client = await makeWorkspace("quiet");
    await rpc(client, "initialize", { protocolVersion: "2025-11-25" });
    await rpc(client, "tools/list");
    await callTool(client, "echo");
    expect(await waitForRows("quiet", 1)).toHaveLength(1);
  });
});

describe("failures between a call and its audit row", () => {
  test("a failing queue delays no call and loses no row", async () => {
    const client = await makeWorkspace("dead-queue");
    const stub = bindings.WORKSPACES.getByName("dead-queue");
    const restore = await breakQueue("dead-queue");
    for (let i = 0; i < 5; i++)
      expect((await callTool(client, "echo")).message.result).toBeDefined();
    await scheduler.wait(400);
    await runDurableObjectAlarm(stub);
    expect(await rowsNow("dead-queue")).toEqual([]);
    await restore();
    await runDurableObjectAlarm(stub);
    expect((await waitForRows("dead-queue", 5)).map((row) => row.seq)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a failing database makes the consumer retry, and rows stay in the outbox until D1 holds them", async () => {
    await makeWorkspace("dead-d1");
    const message = toMessage("dead-d1", [await aRow("dead-d1", 1)], [1]);
    const dead = new Proxy(bindings.DB, {
      get: () => () => {
        throw new Error("D1 is down");
      },
    });
    const failed = await consume("mcpnest-audit", message, { ...bindings, DB: dead });
    expect([failed.retryMessages.length, failed.explicitAcks.length]).toEqual([1, 0]);
    const later = await consume("mcpnest-audit-dead", message, bindings);
    expect(later.explicitAcks).toHaveLength(1);
    expect(await rowsNow("dead-d1")).toEqual([1]);
  });

  test("a message that arrives twice is stored once, and a late outcome replaces only an unknown one", async () => {
    await makeWorkspace("twice");
    const row = await aRow("twice", 1);
    const unknown = { ...row, status: "unknown" as const, errorCode: "outcome_lost" };
    for (const rows of [[unknown], [row], [row], [unknown]]) {
      await consume("mcpnest-audit", toMessage("twice", rows), bindings);
    }
    expect((await waitForRows("twice", 1)).map(({ status }) => status)).toEqual(["ok"]);
  });

  test("messages of one batch are stored in one batch per workspace", async () => {
    for (const slug of ["together-a", "together-b"]) await makeWorkspace(slug);
    const result = await consumeAll(
      "mcpnest-audit",
      [
        toMessage("together-a", [await aRow("together-a", 1)]),
        toMessage("together-b", [await aRow("together-b", 1)]),
        toMessage("together-a", [await aRow("together-a", 2), await aRow("together-a", 3)]),
      ],
      bindings,
    );
    expect(result.explicitAcks).toHaveLength(3);
    expect(await rowsNow("together-a")).toEqual([1, 2, 3]);
    expect(await rowsNow("together-b")).toEqual([1]);
  });

  test("a message that D1 refuses does not block the others of its batch", async () => {
    await makeWorkspace("poisoned");
    const bad = { ...(await aRow("poisoned", 2)), method: null } as never;
    const result = await consumeAll(
      "mcpnest-audit",
      [
        toMessage("poisoned", [await aRow("poisoned", 1)]),
        toMessage("poisoned", [bad]),
        toMessage("poisoned", [await aRow("poisoned", 3)]),
      ],
      bindings,
    );
    expect([result.retryMessages.length, result.explicitAcks.length]).toEqual([1, 2]);
    expect(await rowsNow("poisoned")).toEqual([1, 3]);
  });

  test("a message of another release is skipped and does not block the others", async () => {
    const result = await consume("mcpnest-audit", { nonsense: true }, bindings);
    expect(result.explicitAcks).toHaveLength(1);
  });
});

describe("a Workspace object that stops", () => {
  test("an evicted object keeps its configuration, catalogues, sessions and unsent rows", async () => {
    const client = await makeWorkspace("evicted", { s: "/session/many" });
    const restore = await breakQueue("evicted");
    const before = (await callTool(client, "echo")).message.result.content[0].text.split(" ")[1];
    await scheduler.wait(400);
    await scheduler.wait(5_500);
    await restore();
    await evictDurableObject(bindings.WORKSPACES.getByName("evicted"));
    const { message } = await rpc(client, "tools/list");
    expect(message.result.tools).toHaveLength(2);
    expect((await callTool(client, "echo")).message.result.content[0].text.split(" ")[1]).toBe(
      before,
    );
    expect((await waitForRows("evicted", 2)).map((row) => row.seq)).toEqual([1, 2]);
  });

  test("after a crash no sequence number is assigned twice, and every assigned number becomes a row", async () => {
    const client = await makeWorkspace("crashed");
    await callTool(client, "echo");
    await waitForRows("crashed", 1);
    // Numbers without an outcome: the calls are admitted, and the object stops before it stores them.
    const admissions = await Promise.all([1, 2, 3].map(() => admitCall(client)));
    const given = admissions.map((admission) =>
      admission.kind === "route" ? admission.route.seq : 0,
    );
    expect(given).toEqual([2, 3, 4]);
    await crash("crashed");
    await callTool(client, "echo");
    await runInDurableObject(bindings.WORKSPACES.getByName("crashed"), (_instance, state) => {
      state.storage.sql.exec("UPDATE open_calls SET opened_at = 0");
    });
    await scheduler.wait(300);
    await runDurableObjectAlarm(bindings.WORKSPACES.getByName("crashed"));
    await waitForRows("crashed", 5);
    await scheduler.wait(1500);
    const rows = await waitForRows("crashed", 5);
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, i) => i + 1));
    expect(rows.filter((row) => given.includes(row.seq)).map((row) => row.status)).toEqual([
      "unknown",
      "unknown",
      "unknown",
    ]);
    expect(rows.filter((row) => row.status === "ok")).toHaveLength(2);
  });

  test("an object without storage is rebuilt from D1 and continues its numbers after those in D1", async () => {
    const client = await makeWorkspace("rebuilt");
    await callTool(client, "echo");
    await waitForRows("rebuilt", 1);
    const stub = bindings.WORKSPACES.getByName("rebuilt");
    await runInDurableObject(stub, async (_instance, state) => {
      await state.storage.deleteAlarm();
      await state.storage.deleteAll();
    });
    await crash("rebuilt");
    expect((await callTool(client, "echo")).message.result).toBeDefined();
    expect((await waitForRows("rebuilt", 2)).map((row) => row.seq)).toEqual([1, 2]);
  });
});

describe("deletion and retention", () => {
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

  test("the daily cron deletes rows past the workspace's retention and keeps younger ones", async () => {
    await makeWorkspace("retained", {});
    const day = 24 * 60 * 60 * 1000;
    const now = Date.now();
    const rows = await Promise.all(
      [1, 2, 3].map((seq) =>
        aRow("retained", seq, now - (seq === 1 ? 91 : seq === 2 ? 89 : 0) * day),
      ),
    );
    await consume("mcpnest-audit", toMessage("retained", rows), bindings);
    await runScheduled("17 3 * * *", now, bindings);
    expect(await rowsNow("retained")).toEqual([2, 3]);
    await change("retained", { type: "workspace.update", patch: { retentionDays: 30 } });
    await runScheduled("17 3 * * *", now, bindings);
    expect(await rowsNow("retained")).toEqual([3]);
  });

  test("the health cron checks every server and stores the results", async () => {
    await makeWorkspace("watched", { good: "/ok", bad: "/any/500" });
    await bindings.DB.prepare("DELETE FROM server_checks").run();
    await runScheduled("*/5 * * * *", Date.now(), bindings);
    const { results } = await bindings.DB.prepare(
      "SELECT s.slug, c.error_code AS code, c.error_message AS message FROM server_checks c JOIN servers s ON s.id = c.server_id JOIN workspaces w ON w.id = s.workspace_id WHERE w.slug = 'watched' ORDER BY s.slug",
    ).all();
    expect(results).toEqual([
      { slug: "bad", code: "upstream_http_error", message: "500 from the server" },
      { slug: "good", code: null, message: null },
    ]);
  });
});

/** Makes the object's queue refuse everything; the returned function mends it. */
async function breakQueue(slug: string): Promise<() => Promise<void>> {
  const stub = bindings.WORKSPACES.getByName(slug);
  const send = bindings.AUDIT_QUEUE.send.bind(bindings.AUDIT_QUEUE);
  const set = (queue: { send: (message: AuditMessage) => Promise<unknown> }) =>
    runInDurableObject(stub, (instance) => {
      // The tests' stand-in for a queue that is down: the instance keeps its environment in `env`.
      Object.assign(instance, { env: { ...bindings, AUDIT_QUEUE: queue } });
    });
  await set({ send: () => Promise.reject(new Error("the queue is down")) });
  return () => set({ send });
}

/** Ends the object as a crash would: what it had only in memory is gone. */
async function crash(slug: string): Promise<void> {
  const stub = bindings.WORKSPACES.getByName(slug);
  await runInDurableObject(stub, (_instance, state) => state.abort("crash")).catch(() => undefined);
}

function toMessage(workspaceSlug: string, rows: CallRow[], batches: number[] = []): AuditMessage {
  const workspaceId = rows[0]?.workspaceId ?? "";
  return { workspaceSlug, workspaceId, batches, rows: encodeOutcomes(rows) };
}

async function consume(queue: string, body: unknown, env: typeof bindings) {
  return consumeAll(queue, [body], env);
}

async function consumeAll(queue: string, bodies: unknown[], env: typeof bindings) {
  const batch = createMessageBatch(
    queue,
    bodies.map((body) => ({ id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body })),
  );
  await consumeAuditBatch(batch, env);
  return getQueueResult(batch, createExecutionContext());
}

async function rowsNow(slug: string): Promise<number[]> {
  return (await waitForRows(slug, 0)).map((row) => row.seq);
}

async function aRow(slug: string, seq: number, createdAt = Date.now()): Promise<CallRow> {
  const workspace = await bindings.DB.prepare("SELECT id FROM workspaces WHERE slug = ?")
    .bind(slug)
    .first<{ id: string }>();
  const workspaceId = workspace?.id ?? "";
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
    createdAt,
  };
}

async function admitCall(client: { slug: string; token: string }) {
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(client.token)),
  ).toHex();
  const admission: Admission = JSON.parse(
    await bindings.WORKSPACES.getByName(client.slug).admit({
      digest,
      address: "unknown",
      era: "legacy",
      method: "tools/call",
      target: "echo",
      cursor: null,
      knownEtag: null,
      protocolVersion: null,
      clientName: null,
      session: null,
      clientCapabilities: "{}",
    }),
  );
  return admission;
}
