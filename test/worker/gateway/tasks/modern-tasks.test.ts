import { expect, test } from "vitest";
import {
  change,
  makeMember,
  makeWorkspace,
  modernRpc,
  upstreamStats,
  waitForRows,
} from "../../support/gateway-client.ts";
import {
  beginTask,
  makeTasksWorkspace,
  sendLegacy,
  sendModern,
  TASK_KINDS,
  TASKS,
  waitForStatus,
} from "../../support/tasks.ts";

const { modern, legacy } = TASK_KINDS;

test("a tool call of a client with the extension returns a task, and tasks/get its result", async () => {
  const client = await makeTasksWorkspace("modern-task", modern);
  const { message } = await modern.begin(client, 100);
  const { taskId } = message.result;
  expect(message.result).toEqual({
    resultType: "task",
    taskId: expect.stringMatching(/^k1\./),
    status: "working",
    createdAt: expect.any(String),
    lastUpdatedAt: expect.any(String),
    ttlMs: 3_600_000,
    pollIntervalMs: 100,
  });
  expect(await waitForStatus(modern, client, taskId, "completed")).toMatchObject({
    resultType: "complete",
    taskId,
    result: { content: [{ type: "text", text: "computed" }], isError: false },
  });
});

test("a task gets the input that it requires, and only its own client's", async () => {
  const client = await makeTasksWorkspace("modern-input", modern);
  const { message } = await sendModern(client, "tools/call", { name: "confirm_delete" });
  const { taskId } = message.result;
  const { inputRequests } = await waitForStatus(modern, client, taskId, "input_required");
  const [key = ""] = Object.keys(inputRequests);
  expect(inputRequests[key]).toMatchObject({ method: "elicitation/create" });
  const inputResponses = { [key]: { action: "accept", content: { confirm: true } } };
  const other = await makeMember(client.slug, []);
  const refused = await sendModern({ ...client, token: other.token }, "tasks/update", {
    taskId,
    inputResponses,
  });
  expect(refused.message.error?.code).toBe(-32602);
  const update = await sendModern(client, "tasks/update", { taskId, inputResponses });
  expect(update.message.result).toEqual({ resultType: "complete" });
  expect(await waitForStatus(modern, client, taskId, "completed")).toMatchObject({ taskId });
  const rows = await waitForRows(client.slug, 5);
  expect(rows.filter(({ method }) => method === "tasks/update")).toMatchObject([
    { serverSlug: null, toolName: null, status: "error", errorCode: "unknown_task" },
    { serverSlug: "up", toolName: "confirm_delete", status: "ok" },
  ]);
});

test("a failed task keeps its error, whose ids and texts are the server's", async () => {
  const client = await makeTasksWorkspace("modern-failed", modern);
  const { message } = await sendModern(client, "tools/call", { name: "protocol_error_job" });
  const { taskId } = message.result;
  expect(await waitForStatus(modern, client, taskId, "failed")).toMatchObject({
    taskId,
    error: { code: -32603, message: "The job panicked" },
  });
});

test("a client without the extension gets -32021 for every message of a task, and no task", async () => {
  const client = await makeTasksWorkspace("modern-undeclared", modern);
  const taskId = await beginTask(modern, client);
  const requiredCapabilities = TASKS;
  for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
    const { response, message } = await modernRpc(client, method, { taskId });
    expect(response.status).toBe(400);
    expect(message.error).toMatchObject({ code: -32021, data: { requiredCapabilities } });
  }
  const listen = await modernRpc(client, "subscriptions/listen", {
    notifications: { taskIds: [taskId] },
  });
  expect(listen.message.error).toMatchObject({ code: -32021, data: { requiredCapabilities } });
  const call = await modernRpc(client, "tools/call", { name: "slow_compute", arguments: {} });
  expect(call.message.result).toMatchObject({ resultType: "complete" });
  const required = await modernRpc(client, "tools/call", { name: "failing_job", arguments: {} });
  expect(required.message.error).toMatchObject({ code: -32021, data: { requiredCapabilities } });
});

test("methods that only the other era has are not found", async () => {
  const client = await makeTasksWorkspace("modern-methods", modern);
  for (const method of ["tasks/result", "tasks/list"])
    expect((await sendModern(client, method, { taskId: "1" })).response.status).toBe(404);
  const { message } = await sendLegacy(client, "tasks/update", { taskId: "1" });
  expect(message.error?.code).toBe(-32601);
});

test("an Mcp-Name header that does not name the task is refused", async () => {
  const client = await makeTasksWorkspace("modern-header", modern);
  const taskId = await beginTask(modern, client);
  const headers = { "mcp-name": "another" };
  const { message } = await modernRpc(client, "tasks/get", { taskId }, headers, TASKS);
  expect(message.error?.code).toBe(-32020);
});

test("the extension is declared to a client that can see a server with it, and only then", async () => {
  const declared = async (client: { slug: string; token: string }) =>
    (await modernRpc(client, "server/discover")).message.result.capabilities;
  const client = await makeTasksWorkspace("modern-declared", modern);
  expect(await declared(client)).toMatchObject(TASKS);
  expect(await declared(client)).not.toHaveProperty("tasks");
  await change(client.slug, { type: "workspace.update", patch: { enforcement: true } });
  const { token, memberId: id } = await makeMember(client.slug, []);
  await change(client.slug, { type: "member.rules", id, rules: [], isRestricted: true });
  expect(await declared({ ...client, token })).not.toHaveProperty("extensions");
  expect(await declared(await makeTasksWorkspace("modern-old", legacy))).not.toHaveProperty(
    "extensions",
  );
});

test("a server of the other era is not asked for a task", async () => {
  const client = await makeWorkspace("modern-hint");
  const params = { name: "echo", arguments: {}, task: { ttl: 1_000 } };
  await sendModern(client, "tools/call", params);
  const { last } = await upstreamStats("/ok");
  expect(JSON.parse(last?.body ?? "{}").params).toEqual({ name: "echo", arguments: {} });
});
