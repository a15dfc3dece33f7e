import {
  createExecutionContext,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { CallOutcome } from "../../../../workers/contract/records/audit.ts";
import { encodeOutcomes } from "../../../../workers/contract/records/outcome-rows.ts";
import type { Admission } from "../../../../workers/contract/rpc/admission.ts";
import { MINUTE_MS } from "../../../../workers/contract/units.ts";
import { recordOutcome } from "../../../../workers/gateway/call/record-outcome.ts";
import { makeAdmitRequest } from "../../support/admit-request.ts";
import { later } from "../../support/clock.ts";
import {
  bindings,
  callTool,
  makeWorkspace,
  rpc,
  upstreamStats,
  waitForRows,
} from "../../support/gateway-client.ts";
import { manage } from "../../support/management-client.ts";
import {
  breakQueue,
  crash,
  makeQueueLoseMessages,
  readMeta,
} from "../../support/workspace-object.ts";

const CALL = { method: "tools/call", target: "echo" };

/** What a Worker reports of a call that its object has lost; without number and time. */
const lateOutcome: Omit<CallOutcome, "seq" | "createdAt"> = {
  status: "ok",
  errorCode: null,
  latencyMs: 1,
  method: "tools/call",
  serverSlug: "ok",
  toolName: "echo",
  memberId: null,
  tokenId: null,
  protocolVersion: null,
  clientName: null,
  clientVersion: null,
  resendReason: null,
  count: 1,
  rule: null,
};

/** The notices of skipped numbers. */
async function readTrouble(slug: string): Promise<string[]> {
  const { body } = await manage("GET", `/workspaces/${slug}/alerts`);
  return body.items.map(({ text }: { text: string }) => text);
}

/** Has the object settle open calls and numbers as if 15 minutes were over; returns the skipped numbers of the audit log. */
async function settleOverdue(slug: string): Promise<unknown[]> {
  const stub = bindings.WORKSPACES.getByName(slug);
  await runInDurableObject(stub, (_instance, state) => {
    state.storage.sql.exec("UPDATE open_calls SET opened_at = 0");
  });
  await runDurableObjectAlarm(stub);
  const { body } = await manage("GET", `/workspaces/${slug}/audit-events`);
  return body.items.flatMap(({ action, actor, detail }: Record<string, unknown>) =>
    action === "call_numbers.skipped" && actor === "system" ? [detail] : [],
  );
}

async function listSeqs(slug: string): Promise<number[]> {
  return (await waitForRows(slug, 0)).map((row) => row.seq);
}

test("a failing queue delays no call and loses no row, and the health says how many wait", async () => {
  const client = await makeWorkspace("dead-queue");
  const stub = bindings.WORKSPACES.getByName("dead-queue");
  const { restore } = await breakQueue("dead-queue");
  for (let i = 0; i < 5; i++) expect((await callTool(client, "echo")).message.result).toBeDefined();
  const readBacklog = async () =>
    (await manage("GET", "/workspaces/dead-queue/health")).body.auditBacklog;
  await expect.poll(readBacklog).toEqual({ rows: 5, oldestAt: expect.any(Number) });
  await runDurableObjectAlarm(stub);
  expect(await listSeqs("dead-queue")).toEqual([]);
  expect(await readTrouble("dead-queue")).toEqual([]);
  await later(16 * MINUTE_MS, () => runDurableObjectAlarm(stub));
  expect((await readTrouble("dead-queue"))[0]).toMatch(/^Rows of the audit log are not stored yet/);
  await restore();
  await runDurableObjectAlarm(stub);
  expect((await waitForRows("dead-queue", 5)).map((row) => row.seq)).toEqual([1, 2, 3, 4, 5]);
  await expect.poll(readBacklog).toEqual({ rows: 0, oldestAt: null });
});

test("outcomes whose request the platform ended early are recorded with the next one", async () => {
  const slug = "cut-short";
  const request = await makeAdmitRequest(await makeWorkspace(slug), CALL);
  const stub = bindings.WORKSPACES.getByName(slug);
  for (let i = 0; i < 2; i++) await stub.admit(request);
  const log = { slug, life: String(await readMeta(slug, "life")) };
  const record = (seq: number) =>
    recordOutcome(
      log,
      { ...lateOutcome, seq, createdAt: Date.now() },
      bindings,
      createExecutionContext(),
    );
  const wait = vi.spyOn(scheduler, "wait").mockReturnValueOnce(new Promise(() => undefined));
  record(1);
  wait.mockRestore();
  await later(1_000, () => Promise.resolve(record(2)));
  expect((await waitForRows(slug, 2)).map(({ seq }) => seq)).toEqual([1, 2]);
});

test("a row that the queue lost is sent again, after five minutes and then after twice the time", async () => {
  const client = await makeWorkspace("lost-row");
  const stub = bindings.WORKSPACES.getByName("lost-row");
  const { lost, restore } = await makeQueueLoseMessages("lost-row");
  await callTool(client, "echo");
  await expect.poll(() => lost.length).toBe(1);
  const countSends = async (minutes: number) => {
    await later(minutes * MINUTE_MS, () => runDurableObjectAlarm(stub));
    return lost.length;
  };
  expect(await countSends(4)).toBe(1);
  expect(await countSends(6)).toBe(2);
  expect(await countSends(15)).toBe(2);
  expect(await countSends(17)).toBe(3);
  await restore();
  await later(40 * MINUTE_MS, () => runDurableObjectAlarm(stub));
  expect((await waitForRows("lost-row", 1)).map(({ seq }) => seq)).toEqual([1]);
});

test("the alarm of an object that cannot read D1 is set again", async () => {
  const client = await makeWorkspace("alarm-without-d1");
  const stub = bindings.WORKSPACES.getByName("alarm-without-d1");
  const { restore } = await breakQueue("alarm-without-d1");
  await callTool(client, "echo");
  await expect.poll(() => readMeta("alarm-without-d1", "durable_seq")).toBe("1");
  await runInDurableObject(stub, (_instance, state) => {
    state.storage.sql.exec("UPDATE meta SET value = 'pending' WHERE key = 'change_state'");
  });
  await restore();
  await crash("alarm-without-d1");
  const prepare = vi.spyOn(Object.getPrototypeOf(bindings.DB), "prepare");
  prepare.mockImplementation(() => {
    throw new Error("D1 is down");
  });
  onTestFinished(() => prepare.mockRestore());
  await runDurableObjectAlarm(bindings.WORKSPACES.getByName("alarm-without-d1"));
  prepare.mockRestore();
  await runDurableObjectAlarm(bindings.WORKSPACES.getByName("alarm-without-d1"));
  expect((await waitForRows("alarm-without-d1", 1)).map(({ seq }) => seq)).toEqual([1]);
});

describe("a Workspace object that stops", () => {
  test("an evicted object keeps its configuration, catalogues, sessions and unsent rows", async () => {
    const client = await makeWorkspace("evicted", { s: "/session/many" });
    const { restore } = await breakQueue("evicted");
    const before = (await callTool(client, "echo")).message.result.content[0].text.split(" ")[1];
    // The object returns the numbers that it reserved and did not use.
    await expect.poll(() => readMeta("evicted", "reserved_seq")).toBe("1");
    await restore();
    await evictDurableObject(bindings.WORKSPACES.getByName("evicted"));
    const { message } = await rpc(client, "tools/list");
    expect(message.result.tools).toHaveLength(2);
    expect((await callTool(client, "echo")).message.result.content[0].text.split(" ")[1]).toBe(
      before,
    );
    expect((await waitForRows("evicted", 2)).map((row) => row.seq)).toEqual([1, 2]);
  });

  test("after a crash no sequence number is assigned twice, and an event explains the numbers without a call", async () => {
    const client = await makeWorkspace("crashed");
    await callTool(client, "echo");
    await waitForRows("crashed", 1);
    await crash("crashed");
    await callTool(client, "echo");
    const rows = await waitForRows("crashed", 2);
    expect(rows.map(({ seq, status }) => [seq, status])).toEqual([
      [1, "ok"],
      [5, "ok"],
    ]);
    expect(await settleOverdue("crashed")).toEqual([{ first: 2, last: 4 }]);
    expect(await readTrouble("crashed")).toEqual([
      "The audit log lacks the calls 2 to 4: the gateway was stopped before it stored them.",
    ]);
    // Rows arrive in order: none of the event's numbers has one.
    await callTool(client, "echo");
    expect((await waitForRows("crashed", 3)).map(({ seq }) => seq)).toEqual([1, 5, 6]);
    expect(await settleOverdue("crashed")).toEqual([{ first: 2, last: 4 }]);
  });

  test("an outcome that arrives after a crash becomes its row, and calls before it whose outcome is lost are unknown", async () => {
    const client = await makeWorkspace("reported");
    const request = await makeAdmitRequest(client, CALL);
    await crash("reported", async (instance) => {
      for (let i = 0; i < 3; i++)
        expect(JSON.parse(await instance.admit(request))).toMatchObject({ kind: "route" });
    });
    const outcome = { ...lateOutcome, seq: 2, createdAt: Date.now() };
    const life = String(await readMeta("reported", "life"));
    await bindings.WORKSPACES.getByName("reported").recordOutcomes(life, encodeOutcomes([outcome]));
    // The call with number 3 is not known to the object: only its Worker knew it.
    expect(await settleOverdue("reported")).toEqual([{ first: 3, last: 4 }]);
    const rows = await waitForRows("reported", 2);
    expect(rows.map(({ seq, status }) => [seq, status])).toEqual([
      [1, "unknown"],
      [2, "ok"],
    ]);
  });

  test("a call that is in flight while its object crashes keeps its number and its outcome", async () => {
    const client = await makeWorkspace("in-flight", { slow: "/call/slow" });
    const calling = callTool(client, "echo");
    await expect
      .poll(async () => (await upstreamStats("/call/slow")).methods["tools/call"])
      .toBe(1);
    await crash("in-flight");
    await calling;
    const [row] = await waitForRows("in-flight", 1);
    expect(row).toMatchObject({ seq: 1, serverSlug: "slow", method: "tools/call" });
    expect(row?.status).not.toBe("unknown");
    expect(await settleOverdue("in-flight")).toEqual([{ first: 2, last: 4 }]);
  });

  test("an object that restarts sends what it has not sent, without a request", async () => {
    const client = await makeWorkspace("woken");
    const { restore } = await breakQueue("woken");
    await callTool(client, "echo");
    await expect.poll(() => readMeta("woken", "durable_seq")).toBe("1");
    await restore();
    const stub = bindings.WORKSPACES.getByName("woken");
    await runInDurableObject(stub, (_instance, state) => state.storage.deleteAlarm());
    await crash("woken");
    await bindings.WORKSPACES.getByName("woken").wake();
    expect((await waitForRows("woken", 1)).map(({ seq }) => seq)).toEqual([1]);
  });

  test("an outcome waits while its workspace cannot be loaded", async () => {
    const client = await makeWorkspace("unloadable");
    await runInDurableObject(bindings.WORKSPACES.getByName("unloadable"), (_instance, state) => {
      state.storage.sql.exec("UPDATE meta SET value = 'pending' WHERE key = 'change_state'");
    });
    const stub = bindings.WORKSPACES.getByName("unloadable");
    const admission: Admission = JSON.parse(await stub.admit(await makeAdmitRequest(client, CALL)));
    await crash("unloadable");
    const prepare = vi.spyOn(Object.getPrototypeOf(bindings.DB), "prepare");
    prepare.mockImplementation(() => {
      throw new Error("D1 is down");
    });
    onTestFinished(() => prepare.mockRestore());
    const seq = admission.kind === "route" ? admission.route.seq : 0;
    const ctx = createExecutionContext();
    const life = admission.kind === "route" ? admission.route.life : "";
    const outcome = { ...lateOutcome, seq, createdAt: Date.now() };
    recordOutcome({ slug: "unloadable", life }, outcome, bindings, ctx);
    await expect.poll(() => prepare.mock.calls.length).toBeGreaterThan(1);
    prepare.mockRestore();
    await waitOnExecutionContext(ctx);
    expect(await waitForRows("unloadable", 1)).toMatchObject([{ seq, status: "ok" }]);
  });

  test("an open call and an unsent row that an older release stored become rows without a client version", async () => {
    const client = await makeWorkspace("upgraded");
    const { restore } = await breakQueue("upgraded");
    await callTool(client, "echo");
    await expect.poll(() => readMeta("upgraded", "reserved_seq")).toBe("1");
    await runInDurableObject(
      bindings.WORKSPACES.getByName("upgraded"),
      (_instance, { storage: { sql } }) => {
        const [stored] = sql.exec<{ rows: string }>("SELECT rows FROM outbox");
        const [row]: unknown[][] = JSON.parse(stored?.rows ?? "[]");
        expect(row).toHaveLength(16);
        sql.exec("UPDATE outbox SET rows = ?", JSON.stringify([row?.slice(0, -4)]));
        const open = { seq: 2, method: "tools/call", serverSlug: "ok", toolName: "echo" };
        const nobody = { memberId: null, tokenId: null, protocolVersion: null, clientName: "old" };
        const json = JSON.stringify({ ...open, ...nobody, createdAt: 1 });
        sql.exec("INSERT INTO open_calls VALUES (2, 0, ?)", json);
        for (const key of ["durable_seq", "reserved_seq"])
          sql.exec("UPDATE meta SET value = '2' WHERE key = ?", key);
      },
    );
    await restore();
    await crash("upgraded");
    await callTool(client, "echo");
    await runDurableObjectAlarm(bindings.WORKSPACES.getByName("upgraded"));
    expect(await waitForRows("upgraded", 3)).toMatchObject([
      { seq: 1, status: "ok", clientVersion: null },
      { seq: 2, status: "unknown", clientName: "old", clientVersion: null },
      { seq: 3, status: "ok" },
    ]);
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
