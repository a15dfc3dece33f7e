import { describe, expect, test } from "vitest";
import { change, makeMember, modernRpc, waitForRows } from "../../support/gateway-client.ts";
import { initializeClient, sendMessage, waitForMessage } from "../../support/server-requests.ts";
import {
  beginTask,
  expectResult,
  makeTasksWorkspace,
  openStream,
  RELATED_TASK,
  sendLegacy,
  sendModern,
  TASK_KINDS,
  waitForStatus,
} from "../../support/tasks.ts";

const { legacy, modern } = TASK_KINDS;

test("a call with a task returns the task, and tasks/result its result when it has ended", async () => {
  const client = await makeTasksWorkspace("legacy-task", legacy);
  const { message } = await legacy.begin(client, 300);
  const { taskId } = message.result.task;
  expect(message.result.task).toMatchObject({ status: "working", ttl: 60_000, pollInterval: 50 });
  await expectResult(client, taskId);
});

test("a server request of a task reaches the client of tasks/result with the client's id of the task, and the response the server", async () => {
  const client = await initializeClient(await makeTasksWorkspace("legacy-ask", legacy));
  const { message } = await sendLegacy(client, "tools/call", {
    name: "ask",
    arguments: {},
    task: {},
  });
  const { taskId } = message.result.task;
  await waitForStatus(legacy, client, taskId, "input_required");
  const stream = await openStream(client, 7, "tasks/result", { taskId });
  const request = await waitForMessage(stream, 1);
  expect(request).toMatchObject({
    method: "elicitation/create",
    params: { message: "Which name?", _meta: { [RELATED_TASK]: { taskId } } },
  });
  const result = {
    action: "accept",
    content: { name: "Ada" },
    _meta: { [RELATED_TASK]: { taskId } },
  };
  await sendMessage(client, { id: request.id, result });
  await stream.waitUntil(({ messages }) => messages.some(({ id }) => id === 7));
  const statuses = stream.messages.filter(({ method }) => method === "notifications/tasks/status");
  expect(new Set(statuses.map(({ params }) => params.taskId))).toEqual(new Set([taskId]));
  expect(stream.messages.at(-1)).toMatchObject({
    id: 7,
    result: {
      content: [{ type: "text", text: '{"name":"Ada"}' }],
      _meta: { [RELATED_TASK]: { taskId } },
    },
  });
});

test("tasks/result waits no longer than the call's time budget, and can be sent again", async () => {
  const client = await makeTasksWorkspace("legacy-late", legacy);
  const taskId = await beginTask(legacy, client, 5_500);
  const late = await sendLegacy(client, "tasks/result", { taskId });
  expect(late.message.error?.data).toMatchObject({ reason: "upstream_timeout" });
  await waitForStatus(legacy, client, taskId, "completed");
  const { message } = await sendLegacy(client, "tasks/result", { taskId });
  expect(message.result.content).toEqual([{ type: "text", text: "done" }]);
});

test("initialize of 2025-11-25 declares tasks of tool calls and their cancellation, but no list of tasks", async () => {
  const client = await makeTasksWorkspace("legacy-declared", legacy);
  const initialize = async (by: { slug: string; token: string }, protocolVersion = "2025-11-25") =>
    (await sendLegacy(by, "initialize", { protocolVersion })).message.result;
  expect((await initialize(client)).capabilities.tasks).toEqual({
    cancel: {},
    requests: { tools: { call: {} } },
  });
  expect((await initialize(client, "2025-06-18")).capabilities).not.toHaveProperty("tasks");
  expect((await sendLegacy(client, "tasks/list")).message.error?.code).toBe(-32601);
  await change(client.slug, { type: "workspace.update", patch: { enforcement: true } });
  const { token, memberId: id } = await makeMember(client.slug, []);
  await change(client.slug, { type: "member.rules", id, rules: [], isRestricted: true });
  expect((await initialize({ ...client, token })).capabilities).not.toHaveProperty("tasks");
  const other = await makeTasksWorkspace("legacy-new", modern);
  expect((await initialize(other)).capabilities).not.toHaveProperty("tasks");
});

describe("a tool that requires a task", () => {
  type Tool = { name: string; execution?: object };
  const namesOf = (tools: Tool[]) => tools.map(({ name }) => name);

  test("is listed with its execution to a client of the revision that has tasks", async () => {
    const client = await makeTasksWorkspace("required-shown", legacy);
    const { tools } = (await sendLegacy(client, "tools/list")).message.result;
    const executions = tools.map(({ name, execution }: Tool) => [name, execution]);
    expect(executions).toEqual([
      ["slow", { taskSupport: "required" }],
      ["slow_optional", { taskSupport: "optional" }],
      ["ask", { taskSupport: "required" }],
      ["ask_optional", { taskSupport: "optional" }],
      ["plain", { taskSupport: "forbidden" }],
    ]);
  });

  test("is not listed to clients that cannot begin a task, and others are, without execution", async () => {
    const client = await makeTasksWorkspace("required-hidden", legacy);
    const lists = [
      await sendLegacy(client, "tools/list", {}, "2025-06-18"),
      await modernRpc(client, "tools/list"),
      await sendModern(client, "tools/list"),
    ];
    for (const { message } of lists) {
      expect(namesOf(message.result.tools)).toEqual(["slow_optional", "ask_optional", "plain"]);
      for (const tool of message.result.tools) expect(tool).not.toHaveProperty("execution");
    }
    const again = (await sendLegacy(client, "tools/list")).message.result.tools;
    expect(namesOf(again)).toContain("slow");
  });

  test("gets the server's own error when it is called without a task", async () => {
    const client = await makeTasksWorkspace("required-plain", legacy);
    const { message } = await sendLegacy(client, "tools/call", { name: "slow", arguments: {} });
    expect(message.result).toMatchObject({ isError: true });
    const optional = await sendLegacy(client, "tools/call", {
      name: "slow_optional",
      arguments: { ms: 10 },
    });
    expect(optional.message.result.content).toEqual([{ type: "text", text: "done" }]);
  });
});

test("each task goes to its own server and session, whatever other servers and sessions there are", async () => {
  const client = await makeTasksWorkspace("legacy-two", legacy);
  const { slug } = client;
  const { url } = TASK_KINDS["legacy without sessions"];
  await change(slug, { type: "server.create", input: { slug: "two", url, prefix: "two" } });
  await change(slug, { type: "server.update", slug: "up", patch: { prefix: "one" } });
  const first = await initializeClient(client);
  const begin = async (name: string) => {
    const { message } = await sendLegacy(first, "tools/call", {
      name,
      arguments: { ms: 50 },
      task: {},
    });
    return String(message.result.task.taskId);
  };
  const taskIds = [await begin("one_slow"), await begin("two_slow")];
  // The client's next session has another upstream session.
  const next = await initializeClient(client);
  for (const taskId of taskIds)
    expect(await waitForStatus(legacy, next, taskId, "completed")).toMatchObject({ taskId });
  const rows = (await waitForRows(slug, 4)).filter(({ method }) => method === "tasks/get");
  expect(new Set(rows.map(({ serverSlug }) => serverSlug))).toEqual(new Set(["up", "two"]));
});
