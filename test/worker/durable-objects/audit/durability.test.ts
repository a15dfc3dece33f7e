import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { AuditMessage } from "../../../../workers/contract/records/audit.ts";
import type { Admission } from "../../../../workers/contract/rpc/admission.ts";
import {
  bindings,
  callTool,
  makeWorkspace,
  rpc,
  waitForRows,
} from "../../support/gateway-client.ts";

/** Makes the object's queue refuse every message; the returned function restores it. */
async function breakQueue(slug: string): Promise<() => Promise<void>> {
  const stub = bindings.WORKSPACES.getByName(slug);
  const send = bindings.AUDIT_QUEUE.send.bind(bindings.AUDIT_QUEUE);
  const set = (queue: { send: (message: AuditMessage) => Promise<unknown> }) =>
    runInDurableObject(stub, (instance) => {
      // The object reads its bindings from the instance's `env`.
      Object.assign(instance, { env: { ...bindings, AUDIT_QUEUE: queue } });
    });
  await set({ send: () => Promise.reject(new Error("the queue is down")) });
  return () => set({ send });
}

/** Stops the object as a crash does: it loses its memory. */
async function crash(slug: string): Promise<void> {
  const stub = bindings.WORKSPACES.getByName(slug);
  await runInDurableObject(stub, (_instance, state) => state.abort("crash")).catch(() => undefined);
}

/** Returns a value of the object's table `meta`. */
function readMeta(slug: string, key: string): Promise<unknown> {
  return runInDurableObject(bindings.WORKSPACES.getByName(slug), (_instance, state) => {
    const [row] = state.storage.sql.exec("SELECT value FROM meta WHERE key = ?", key);
    return row?.["value"];
  });
}

async function listSeqs(slug: string): Promise<number[]> {
  return (await waitForRows(slug, 0)).map((row) => row.seq);
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
      clientVersion: null,
      session: null,
      clientCapabilities: "{}",
      acceptsTasks: false,
    }),
  );
  return admission;
}

test("a failing queue delays no call and loses no row", async () => {
  const client = await makeWorkspace("dead-queue");
  const stub = bindings.WORKSPACES.getByName("dead-queue");
  const restore = await breakQueue("dead-queue");
  for (let i = 0; i < 5; i++) expect((await callTool(client, "echo")).message.result).toBeDefined();
  await expect.poll(() => readMeta("dead-queue", "durable_seq")).toBe("5");
  await runDurableObjectAlarm(stub);
  expect(await listSeqs("dead-queue")).toEqual([]);
  await restore();
  await runDurableObjectAlarm(stub);
  expect((await waitForRows("dead-queue", 5)).map((row) => row.seq)).toEqual([1, 2, 3, 4, 5]);
});

describe("a Workspace object that stops", () => {
  test("an evicted object keeps its configuration, catalogues, sessions and unsent rows", async () => {
    const client = await makeWorkspace("evicted", { s: "/session/many" });
    const restore = await breakQueue("evicted");
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

  test("after a crash no sequence number is assigned twice, and every assigned number becomes a row", async () => {
    const client = await makeWorkspace("crashed");
    await callTool(client, "echo");
    await waitForRows("crashed", 1);
    // Numbers without an outcome: the calls are admitted, and the object stops before it stores them.
    const admissions = await Promise.all([1, 2, 3].map(() => admitCall(client)));
    const assigned = admissions.map((admission) =>
      admission.kind === "route" ? admission.route.seq : 0,
    );
    expect(assigned).toEqual([2, 3, 4]);
    await crash("crashed");
    await callTool(client, "echo");
    // All numbers that were reserved before the crash are open; the call after it is not.
    const last = (await waitForRows("crashed", 2)).at(-1)?.seq ?? 0;
    await runInDurableObject(bindings.WORKSPACES.getByName("crashed"), (_instance, state) => {
      state.storage.sql.exec("UPDATE open_calls SET opened_at = 0");
    });
    await runDurableObjectAlarm(bindings.WORKSPACES.getByName("crashed"));
    const rows = await waitForRows("crashed", last);
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, i) => i + 1));
    expect(rows.filter((row) => assigned.includes(row.seq)).map((row) => row.status)).toEqual([
      "unknown",
      "unknown",
      "unknown",
    ]);
    expect(rows.filter((row) => row.status === "ok")).toHaveLength(2);
  });

  test("an open call and an unsent row that an older release stored become rows without a client version", async () => {
    const client = await makeWorkspace("upgraded");
    const restore = await breakQueue("upgraded");
    await callTool(client, "echo");
    await expect.poll(() => readMeta("upgraded", "reserved_seq")).toBe("1");
    await runInDurableObject(
      bindings.WORKSPACES.getByName("upgraded"),
      (_instance, { storage: { sql } }) => {
        const [stored] = sql.exec<{ rows: string }>("SELECT rows FROM outbox");
        const [row]: unknown[][] = JSON.parse(stored?.rows ?? "[]");
        expect(row).toHaveLength(13);
        sql.exec("UPDATE outbox SET rows = ?", JSON.stringify([row?.slice(0, -1)]));
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
