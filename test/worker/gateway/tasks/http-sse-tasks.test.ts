import { expect, test } from "vitest";
import { change, waitForRows } from "../../support/gateway-client.ts";
import { waitForRenewals } from "../../support/http-sse-sessions.ts";
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

const sse = TASK_KINDS["legacy HTTP+SSE"];

/** Creates a workspace with a server whose connections `drop` ends. */
async function makeSseWorkspace(slug: string) {
  const url = `${sse.url}/${slug}`;
  const client = await makeTasksWorkspace(slug, { ...sse, url });
  return { ...client, drop: () => fetch(url, { method: "DELETE" }) };
}

type Initialized = Awaited<ReturnType<typeof initializeClient>>;

/** Begins a task whose tool asks for a name, and waits until it does. */
async function beginQuestion(client: Initialized): Promise<string> {
  const params = { name: "ask", arguments: {}, task: {} };
  const { message } = await sendLegacy(client, "tools/call", params);
  const { taskId } = message.result.task;
  await waitForStatus(sse, client, taskId, "input_required");
  return taskId;
}

test("a tool of an HTTP+SSE server that requires a task is listed to clients that can begin one, and its result arrives", async () => {
  const client = await makeSseWorkspace("sse-result");
  const names = async (send: typeof sendLegacy) =>
    (await send(client, "tools/list")).message.result.tools.map(
      ({ name }: { name: string }) => name,
    );
  expect(await names(sendLegacy)).toContain("slow");
  expect(await names(sendModern)).not.toContain("slow");
  const taskId = await beginTask(sse, client, 300);
  await expectResult(client, taskId);
});

test("the question and the statuses of each of two tasks on one connection reach the client that waits for that task's result", async () => {
  const client = await initializeClient(await makeSseWorkspace("sse-questions"));
  const taskIds = [await beginQuestion(client), await beginQuestion(client)];
  const streams = await Promise.all(
    taskIds.map((taskId, index) => openStream(client, index + 1, "tasks/result", { taskId })),
  );
  for (const [index, stream] of [...streams.entries()].toReversed()) {
    const taskId = taskIds[index];
    const related = { [RELATED_TASK]: { taskId } };
    await stream.waitUntil(({ messages }) => messages.some(({ id }) => id !== undefined));
    const question = stream.messages.find(({ id }) => id !== undefined);
    expect(question).toMatchObject({ method: "elicitation/create", params: { _meta: related } });
    const result = { action: "accept", content: { name: `task ${index}` }, _meta: related };
    await sendMessage(client, { id: question.id, result });
    await stream.waitUntil(({ hasEnded }) => hasEnded);
    const text = JSON.stringify({ name: `task ${index}` });
    expect(stream.messages.at(-1).result.content).toEqual([{ type: "text", text }]);
    const statuses = stream.messages.filter(
      ({ method }) => method === "notifications/tasks/status",
    );
    expect(new Set(statuses.map(({ params }) => params.taskId))).toEqual(new Set([taskId]));
  }
});

test("a question of a task does not reach another call on its connection", async () => {
  const client = await initializeClient(await makeSseWorkspace("sse-other"));
  const taskId = await beginQuestion(client);
  const other = await openStream(client, 1, "tools/call", {
    name: "slow_optional",
    arguments: { ms: 1_500 },
  });
  const result = await openStream(client, 2, "tasks/result", { taskId });
  expect(await waitForMessage(result, 1)).toMatchObject({ method: "elicitation/create" });
  await other.waitUntil(({ hasEnded }) => hasEnded);
  expect(other.messages.map(({ id, method }) => method ?? id)).toEqual([1]);
});

test("a connection without a call stays open for its tasks", async () => {
  const client = await makeSseWorkspace("sse-idle");
  const taskId = await beginTask(sse, client);
  await waitForRenewals();
  const { message } = await sendLegacy(client, "tasks/get", { taskId });
  expect(message.result).toMatchObject({ taskId, status: "working" });
});

test("a task whose connection has ended is not found, and no call about it is sent on a new connection", async () => {
  const client = await makeSseWorkspace("sse-dropped");
  const taskId = await beginTask(sse, client);
  await client.drop();
  // The next call opens a new connection.
  await beginTask(sse, client);
  for (const method of ["tasks/get", "tasks/result", "tasks/cancel"]) {
    const { message } = await sendLegacy(client, method, { taskId });
    expect(message.error).toEqual({
      code: -32602,
      message: 'Task not found: the connection to the server "up" on which it ran has ended.',
      data: { reason: "unknown_task", server: "up" },
    });
  }
  const rows = await waitForRows(client.slug, 5);
  expect(rows.slice(2).map(({ errorCode }) => errorCode)).toEqual(
    Array.from({ length: 3 }, () => "unknown_task"),
  );
});

test("a task does not continue on a connection with headers that have been replaced", async () => {
  const client = await makeSseWorkspace("sse-credential");
  const taskId = await beginTask(sse, client);
  const patch = { headers: { "x-region": "other" } };
  await change(client.slug, { type: "server.update", slug: "up", patch });
  const { message } = await sendLegacy(client, "tasks/get", { taskId });
  expect(message.error?.data).toMatchObject({ reason: "unknown_task" });
});
