import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { consumeAuditBatch } from "../../../workers/audit/consume.ts";
import type { AuditMessage } from "../../../workers/contract/records/audit.ts";
import {
  bindings,
  callTool,
  change,
  makeWorkspace,
  rpc,
  upstreamStats,
  waitForRows,
} from "../support/gateway-client.ts";
import { manage, readWorkspaceId } from "../support/management-client.ts";
import { breakQueue, crash, readMeta } from "../support/workspace-object.ts";

afterEach(() => void vi.restoreAllMocks());

/** D1 as the Worker and its objects share it, so that one fault reaches them all. */
const database: { batch: D1Database["batch"] } = Object.getPrototypeOf(bindings.DB);

async function deleteWorkspace(slug: string): Promise<void> {
  expect((await manage("DELETE", `/workspaces/${slug}?confirm=${slug}`)).status).toBe(204);
}

/** The call rows of one workspace, also of a deleted one. */
async function listRows(workspaceId: string): Promise<[number, string, string][]> {
  const { results } = await bindings.DB.prepare(
    "SELECT seq, server_slug AS server, status FROM mcp_tool_calls WHERE workspace_id = ? ORDER BY seq",
  )
    .bind(workspaceId)
    .all<{ seq: number; server: string; status: string }>();
  return results.map(({ seq, server, status }) => [seq, server, status]);
}

/** The log lines since the call of this function that have this event. */
function watchLog(event: string): () => string[] {
  const log = vi.spyOn(console, "log");
  return () => log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes(event));
}

async function consume(message: AuditMessage): Promise<void> {
  const delivery = { id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body: message };
  const batch = createMessageBatch("mcpnest-audit", [delivery]);
  await consumeAuditBatch(batch, bindings);
  const { explicitAcks } = await getQueueResult(batch, createExecutionContext());
  expect(explicitAcks).toHaveLength(1);
}

/** Calls with a broken queue until the object has tried to send the row; returns the message. */
async function callWithoutQueue(client: { slug: string; token: string }) {
  const queue = await breakQueue(client.slug);
  await callTool(client, "echo");
  await expect
    .poll(async () => {
      await runDurableObjectAlarm(bindings.WORKSPACES.getByName(client.slug));
      return queue.refused.length;
    })
    .toBeGreaterThan(0);
  const [message] = queue.refused;
  if (!message) throw new Error("the object has sent nothing");
  return { ...queue, message };
}

describe("a workspace with the slug of a deleted one", () => {
  test("the outcome of a call in flight at the deletion is dropped, and its row says unknown", async () => {
    const slug = "outlived";
    const before = await makeWorkspace(slug, { old: "/call/slow/outlived" });
    const calling = callTool(before, "echo");
    const countCalls = async () =>
      (await upstreamStats("/call/slow/outlived")).methods["tools/call"];
    await expect.poll(countCalls).toBe(1);
    const oldId = await readWorkspaceId(slug);
    const dropped = watchLog("late_outcomes_dropped");
    await deleteWorkspace(slug);
    const after = await makeWorkspace(slug, { new: "/call/slow/outlived" });
    const second = callTool(after, "echo");
    await Promise.all([calling, second]);
    await expect.poll(dropped, { timeout: 10_000 }).toHaveLength(1);
    const newId = await readWorkspaceId(slug);
    await expect.poll(() => listRows(newId), { timeout: 10_000 }).toEqual([[1, "new", "ok"]]);
    expect(await listRows(oldId)).toEqual([[1, "old", "unknown"]]);
  });

  test("a confirmation for the deleted workspace leaves the unsent rows of the new one", async () => {
    const slug = "confirmed-late";
    const { message, restore } = await callWithoutQueue(await makeWorkspace(slug));
    await deleteWorkspace(slug);
    await restore();
    const after = await makeWorkspace(slug);
    const unsent = await callWithoutQueue(after);
    expect(unsent.message.batches).toEqual(message.batches);
    const dropped = watchLog("audit_confirmation_dropped");
    await consume(message);
    await unsent.restore();
    await runDurableObjectAlarm(bindings.WORKSPACES.getByName(slug));
    const newId = await readWorkspaceId(slug);
    await expect.poll(() => listRows(newId), { timeout: 10_000 }).toEqual([[1, "ok", "ok"]]);
    expect(await listRows(message.workspaceId)).toEqual([[1, "ok", "ok"]]);
    expect(dropped()).toHaveLength(1);
  });

  test("a message whose slug is not that of its workspace is dropped, with a log line", async () => {
    const { message } = await callWithoutQueue(await makeWorkspace("misnamed"));
    await makeWorkspace("misnamed-other");
    const dropped = watchLog("audit_message_dropped");
    await consume({ ...message, workspaceSlug: "misnamed-other" });
    await consume({ ...message, workspaceId: "ws_none" });
    expect(dropped()).toHaveLength(2);
    expect(await listRows(message.workspaceId)).toEqual([]);
    expect(await listRows("ws_none")).toEqual([]);
  });

  test("the rows of its first calls are sent, although the deleted one had an alarm", async () => {
    const slug = "alarmed";
    await callTool(await makeWorkspace(slug), "echo");
    await expect
      .poll(() =>
        runInDurableObject(bindings.WORKSPACES.getByName(slug), (_instance, state) =>
          state.storage.getAlarm(),
        ),
      )
      .not.toBeNull();
    await deleteWorkspace(slug);
    await callTool(await makeWorkspace(slug), "echo");
    const newId = await readWorkspaceId(slug);
    await expect.poll(() => listRows(newId), { timeout: 10_000 }).toEqual([[1, "ok", "ok"]]);
  });

  test("a deletion whose end the object has not seen leaves nothing to the new workspace, and loses no row", async () => {
    const slug = "unfinished";
    const before = await makeWorkspace(slug);
    const oldId = await readWorkspaceId(slug);
    // The isolate knows the token from now on, so that the object judges it, although D1 has it no more.
    await rpc(before, "ping");
    const { batch } = database;
    vi.spyOn(database, "batch").mockImplementation(async function (this: D1Database, statements) {
      await batch.call(this, statements);
      throw new Error("the response is lost");
    });
    const deletion = await manage("DELETE", `/workspaces/${slug}?confirm=${slug}`);
    expect(deletion.status).toBe(503);
    vi.restoreAllMocks();
    const { restore } = await callWithoutQueue(before);
    await restore();
    await crash(slug);
    const after = await makeWorkspace(slug, {});
    expect((await rpc(before, "ping")).response.status).toBe(401);
    expect((await rpc(after, "tools/list")).message.result.tools).toEqual([]);
    expect(await listRows(oldId)).toEqual([[1, "ok", "ok"]]);
  });

  test("a change of the deleted workspace does not reach the new one", async () => {
    const slug = "replaced";
    await makeWorkspace(slug);
    const oldId = await readWorkspaceId(slug);
    await deleteWorkspace(slug);
    await makeWorkspace(slug);
    const stub = bindings.WORKSPACES.getByName(slug);
    const outcome = await stub.change({ type: "server.delete", slug: "ok" }, "usr_old", oldId);
    expect(outcome).toMatchObject({ ok: false, refusal: { code: "not_found" } });
    expect(await stub.listServerHealth(oldId, null)).toEqual([]);
    expect(await stub.previewAccess(oldId, { enforcement: true })).toEqual([]);
    expect(await stub.listServerHealth(await readWorkspaceId(slug), null)).toHaveLength(1);
  });
});

test("a confirmation from before the object lost its storage leaves the rows that it has not sent", async () => {
  const slug = "storage-lost";
  const client = await makeWorkspace(slug);
  const { message, restore } = await callWithoutQueue(client);
  await restore();
  await runDurableObjectAlarm(bindings.WORKSPACES.getByName(slug));
  await waitForRows(slug, 1);
  await runInDurableObject(bindings.WORKSPACES.getByName(slug), async (_instance, state) => {
    await state.storage.deleteAlarm();
    await state.storage.deleteAll();
  });
  await crash(slug);
  const unsent = await breakQueue(slug);
  await callTool(client, "echo");
  await expect.poll(() => readMeta(slug, "durable_seq")).toBe("2");
  const dropped = watchLog("late_confirmation_dropped");
  await consume(message);
  await unsent.restore();
  await runDurableObjectAlarm(bindings.WORKSPACES.getByName(slug));
  expect((await waitForRows(slug, 2)).map(({ seq }) => seq)).toEqual([1, 2]);
  expect(dropped()).toHaveLength(1);
});

describe("a server with the slug of a deleted one", () => {
  test("rules go with their server, and its members can call nothing of another one with its slug", async () => {
    const slug = "rules-go";
    const client = await makeWorkspace(slug, { ok: "/ok", other: "/ok" });
    const member = (await manage("POST", `/workspaces/${slug}/members`, { name: "Ada" })).body.id;
    const path = `/workspaces/${slug}/members/${member}`;
    const twin = (await manage("POST", `/workspaces/${slug}/members`, { name: "Bo" })).body.id;
    await manage("PUT", `${path}/rules`, { rules: ["ok:*"] });
    const input = { label: "m", memberId: member };
    const { token } = (await manage("POST", `/workspaces/${slug}/tokens`, input)).body;
    const ada = { slug, token };
    expect((await rpc(ada, "tools/list")).message.result.tools).toHaveLength(2);

    await manage("DELETE", `/workspaces/${slug}/servers/ok`);
    expect((await manage("GET", path)).body).toMatchObject({ rules: [], isRestricted: true });
    expect((await rpc(ada, "tools/list")).message.result.tools).toEqual([]);
    const { server } = await change(slug, {
      type: "server.create",
      input: {
        slug: "ok",
        url: (await manage("GET", `/workspaces/${slug}/servers/other`)).body.url,
      },
    });
    expect((await rpc(client, "tools/list")).message.result.tools).toHaveLength(4);
    expect((await rpc(ada, "tools/list")).message.result.tools).toEqual([]);
    const name = "ok__echo";
    expect((await callTool(ada, name)).message.error?.data.reason).toBe("tool_not_allowed");
    // The object's copy and D1 agree after a restart.
    await crash(slug);
    expect((await callTool(ada, name)).message.error?.data.reason).toBe("tool_not_allowed");

    const copied = await manage("POST", `/workspaces/${slug}/members/${twin}/rules/copy`, {
      from: member,
    });
    expect(copied.body.rules).toEqual([]);
    await manage("PUT", `${path}/rules`, { rules: ["ok:echo"] });
    expect((await callTool(ada, name)).message.result).toBeDefined();
    const stored = await bindings.DB.prepare("SELECT server_id FROM rules WHERE member_id = ?")
      .bind(member)
      .all();
    expect(stored.results).toEqual([{ server_id: server.id }]);
  });

  test("taking a member's last rule away allows nothing, until the default access is given back", async () => {
    const slug = "last-rule";
    await makeWorkspace(slug);
    const member = (await manage("POST", `/workspaces/${slug}/members`, { name: "Ada" })).body.id;
    const path = `/workspaces/${slug}/members/${member}`;
    const input = { label: "m", memberId: member };
    const { token } = (await manage("POST", `/workspaces/${slug}/tokens`, input)).body;
    const countTools = async () =>
      (await rpc({ slug, token }, "tools/list")).message.result.tools.length;
    expect(await countTools()).toBe(2);
    await manage("PUT", `${path}/rules`, { rules: ["ok:echo"] });
    await manage("PUT", `${path}/rules`, { rules: [] });
    expect(await countTools()).toBe(0);
    await manage("PUT", `${path}/rules`, { rules: [], isRestricted: false });
    expect(await countTools()).toBe(2);
  });

  test("a rule for a server that does not exist is refused", async () => {
    const slug = "no-server";
    await makeWorkspace(slug);
    const member = (await manage("POST", `/workspaces/${slug}/members`, { name: "Ada" })).body.id;
    const path = `/workspaces/${slug}`;
    const set = await manage("PUT", `${path}/members/${member}/rules`, { rules: ["later:*"] });
    const edit = { memberIds: [member], add: ["later:*"] };
    const edited = await manage("PATCH", `${path}/rules`, edit);
    for (const { status, body } of [set, edited]) {
      expect(status).toBe(400);
      expect(body.error.message).toMatch(/^rules: there is no server "later"/);
    }
  });
});
