import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { bindings, change, makeMember, waitForRows } from "../../support/gateway-client.ts";
import { beginTask, makeTasksWorkspace, TASK_KINDS, waitForStatus } from "../../support/tasks.ts";

const toSlug = (what: string, kind: string) =>
  `task-${what}-${kind.replaceAll(/\W/g, "-").toLowerCase()}`;

describe.each(Object.entries(TASK_KINDS))("a task of a %s server", (name, kind) => {
  const slugOf = (what: string) => toSlug(what, name);
  const { send } = kind;

  test("has one id from its beginning to its end, which is not the server's own", async () => {
    const client = await makeTasksWorkspace(slugOf("id"), kind);
    const taskId = await beginTask(kind, client, 100);
    expect(taskId).toMatch(/^k1\.[\w-]{100,}$/);
    const ended = await waitForStatus(kind, client, taskId, "completed");
    expect(ended).toMatchObject({ taskId, status: "completed" });
  });

  test("is cancelled by its client", async () => {
    const client = await makeTasksWorkspace(slugOf("cancel"), kind);
    const taskId = await beginTask(kind, client);
    const { message } = await send(client, "tasks/cancel", { taskId });
    expect(message.error).toBeUndefined();
    expect(await waitForStatus(kind, client, taskId, "cancelled")).toMatchObject({
      taskId,
      status: "cancelled",
    });
  });

  test("belongs to the member that began it: each of its tokens reaches it, and no other token does", async () => {
    const slug = slugOf("owner");
    const workspaceClient = await makeTasksWorkspace(slug, kind);
    const { memberId, token } = await makeMember(slug, []);
    const taskId = await beginTask(kind, { slug, token });
    const second = await change(slug, { type: "token.create", input: { label: "2", memberId } });
    const own = await send({ slug, token: second.token }, "tasks/get", { taskId });
    expect(own.message.result).toMatchObject({ taskId, status: "working" });
    const other = await makeMember(slug, []);
    for (const client of [workspaceClient, { slug, token: other.token }]) {
      for (const method of ["tasks/get", "tasks/cancel"]) {
        const { message } = await send(client, method, { taskId });
        expect(message.error).toMatchObject({ code: -32602, data: { reason: "unknown_task" } });
      }
    }
    const elsewhere = await makeTasksWorkspace(`${slug}-2`, kind);
    expect((await send(elsewhere, "tasks/get", { taskId })).message.error?.code).toBe(-32602);
    expect(await waitForStatus(kind, { slug, token }, taskId, "working")).toMatchObject({ taskId });
  });

  test("is not found under an id that was changed or made up", async () => {
    const client = await makeTasksWorkspace(slugOf("forged"), kind);
    const taskId = await beginTask(kind, client);
    const changed = `${taskId.slice(0, 50)}${taskId[50] === "A" ? "B" : "A"}${taskId.slice(51)}`;
    for (const forged of [changed, "k1.AAAA", "1", ""]) {
      const { message } = await send(client, "tasks/get", { taskId: forged });
      expect(message.error?.code).toBe(-32602);
    }
  });

  test("ends with its token's access: a revoked token gets 401", async () => {
    const client = await makeTasksWorkspace(slugOf("revoked"), kind);
    const taskId = await beginTask(kind, client);
    await change(client.slug, { type: "token.revoke", id: client.tokenId });
    const { response } = await send(client, "tasks/get", { taskId });
    expect(response.status).toBe(401);
  });

  test("is refused when the rule for its tool is taken away, and the audit row says so", async () => {
    const slug = slugOf("rule");
    await makeTasksWorkspace(slug, kind);
    await change(slug, { type: "workspace.update", patch: { enforcement: true } });
    const { memberId, token } = await makeMember(slug, [`up:${kind.tool}`]);
    const taskId = await beginTask(kind, { slug, token });
    expect((await send({ slug, token }, "tasks/get", { taskId })).message.result.taskId).toBe(
      taskId,
    );
    await change(slug, { type: "member.rules", id: memberId, rules: ["up:other"] });
    const { message } = await send({ slug, token }, "tasks/cancel", { taskId });
    expect(message.error).toMatchObject({ code: -32003, data: { reason: "tool_not_allowed" } });
    const rows = await waitForRows(slug, 3);
    expect(rows.map(({ method, toolName, status }) => [method, toolName, status])).toEqual([
      ["tools/call", kind.tool, "ok"],
      ["tasks/get", kind.tool, "ok"],
      ["tasks/cancel", kind.tool, "blocked"],
    ]);
  });

  test("is not found any more when its server is disabled, has another URL or is deleted", async () => {
    const client = await makeTasksWorkspace(slugOf("gone"), kind);
    const { slug, url } = client;
    const taskId = await beginTask(kind, client);
    const errorOf = async () => (await send(client, "tasks/get", { taskId })).message.error?.code;
    // A connection to a server that was disabled or moved closes within seconds.
    const backCodes = kind.needsConnection ? [undefined, -32602] : [undefined];
    for (const [gone, back] of [
      [{ enabled: false }, { enabled: true }],
      [{ url: `${url}?elsewhere` }, { url }],
    ]) {
      await change(slug, { type: "server.update", slug: "up", patch: { ...gone } });
      expect(await errorOf()).toBe(-32602);
      await change(slug, { type: "server.update", slug: "up", patch: { ...back } });
      expect(backCodes).toContain(await errorOf());
    }
    await change(slug, { type: "server.delete", slug: "up" });
    expect(await errorOf()).toBe(-32602);
  });
});

test.concurrent.each(Object.entries(TASK_KINDS))(
  "a task of a %s server survives an eviction of its workspace",
  async (name, kind) => {
    const client = await makeTasksWorkspace(toSlug("evicted", name), kind);
    const taskId = await beginTask(kind, client, 100);
    await evictDurableObject(bindings.WORKSPACES.getByName(client.slug));
    expect(await waitForStatus(kind, client, taskId, "completed")).toMatchObject({
      taskId,
      status: "completed",
    });
  },
);
