import { expect, test } from "vitest";
import { change, makeMember, modernRpc, post, waitForRows } from "../../support/gateway-client.ts";
import { Stream } from "../../support/notification-streams.ts";
import {
  beginTask,
  makeTasksWorkspace,
  sendModern,
  TASK_KINDS,
  TASKS,
  waitForStatus,
} from "../../support/tasks.ts";

const { modern } = TASK_KINDS;
const SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";

/** Opens `subscriptions/listen` with this filter; the request has the id `sub`. */
async function listen(client: { slug: string; token: string }, notifications: object) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": TASKS,
  };
  const body = {
    jsonrpc: "2.0",
    id: "sub",
    method: "subscriptions/listen",
    params: { notifications, _meta },
  };
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" };
  return new Stream(await post(client, body, headers));
}

test("a client that listens to its task gets each of its states, and the end when it has ended", async () => {
  const client = await makeTasksWorkspace("listen-task", modern);
  const { message } = await sendModern(client, "tools/call", { name: "confirm_delete" });
  const { taskId } = message.result;
  const stream = await listen(client, { taskIds: [taskId, "made-up"] });
  await stream.waitForMethods(1);
  const { inputRequests } = await waitForStatus(modern, client, taskId, "input_required");
  const [key = ""] = Object.keys(inputRequests);
  const inputResponses = { [key]: { action: "accept", content: { confirm: true } } };
  await sendModern(client, "tasks/update", { taskId, inputResponses });
  await stream.waitUntil(({ hasEnded }) => hasEnded);
  const _meta = { [SUBSCRIPTION]: "sub" };
  expect(stream.messages).toMatchObject([
    {
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: { taskIds: [taskId] }, _meta },
    },
    {
      method: "notifications/tasks",
      params: {
        taskId,
        status: "completed",
        result: { content: [{ type: "text", text: "deleted" }] },
        _meta,
      },
    },
    { id: "sub", result: { resultType: "complete", _meta } },
  ]);
  const rows = await waitForRows(client.slug, 3);
  const listens = rows.filter(({ method }) => method === "subscriptions/listen");
  expect(listens.map(({ toolName, status, errorCode }) => [toolName, status, errorCode])).toEqual(
    expect.arrayContaining([
      ["confirm_delete", "ok", null],
      [null, "error", "unknown_task"],
    ]),
  );
});

test("a task of another principal is not listened to", async () => {
  const client = await makeTasksWorkspace("listen-other", modern);
  const taskId = await beginTask(modern, client);
  const other = await makeMember(client.slug, []);
  const stream = await listen({ ...client, token: other.token }, { taskIds: [taskId] });
  await stream.waitUntil(({ hasEnded }) => hasEnded);
  expect(stream.messages).toMatchObject([
    { method: "notifications/subscriptions/acknowledged", params: { notifications: {} } },
    { id: "sub" },
  ]);
});

test("a stream for a silent task ends when the task's rule is taken away", async () => {
  const { slug } = await makeTasksWorkspace("listen-rule", modern);
  await change(slug, { type: "workspace.update", patch: { enforcement: true } });
  const { memberId, token } = await makeMember(slug, ["up:slow_compute"]);
  const taskId = await beginTask(modern, { slug, token });
  const stream = await listen({ slug, token }, { taskIds: [taskId] });
  await stream.waitForMethods(1);
  await change(slug, { type: "member.rules", id: memberId, rules: ["up:greet"] });
  await stream.waitUntil(({ hasEnded }) => hasEnded);
  expect(stream.messages).toMatchObject([
    { method: "notifications/subscriptions/acknowledged" },
    { id: "sub", result: { resultType: "complete" } },
  ]);
});

test("a stream for a silent task ends when the task's server gets another URL", async () => {
  const client = await makeTasksWorkspace("listen-url", modern);
  const stream = await listen(client, { taskIds: [await beginTask(modern, client)] });
  await stream.waitForMethods(1);
  const url = `${client.url}?moved=1`;
  await change(client.slug, { type: "server.update", slug: "up", patch: { url } });
  expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
  expect(stream.messages.at(-1)).toMatchObject({ id: "sub", result: {} });
});

test("a stream for a task ends when its token is revoked", async () => {
  const client = await makeTasksWorkspace("listen-revoked", modern);
  const stream = await listen(client, { taskIds: [await beginTask(modern, client)] });
  await stream.waitForMethods(1);
  await change(client.slug, { type: "token.revoke", id: client.tokenId });
  expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
  expect(stream.messages.at(-1)).toMatchObject({ id: "sub", result: {} });
});

test("a stream for lists and a task goes on after the task's end", async () => {
  const client = await makeTasksWorkspace("listen-lists", modern);
  const taskId = await beginTask(modern, client, 500);
  const stream = await listen(client, { toolsListChanged: true, taskIds: [taskId] });
  expect(await stream.waitForMethods(2)).toEqual(["subscriptions/acknowledged", "tasks"]);
  await change(client.slug, { type: "server.update", slug: "up", patch: { prefix: "new" } });
  await stream.waitForMethods(3);
  expect(stream.methods(2)).toEqual(["tools/list_changed"]);
  expect(stream.hasEnded).toBe(false);
  await stream.close();
});

test("a filter without tasks needs no extension", async () => {
  const client = await makeTasksWorkspace("listen-plain", modern);
  const { message } = await modernRpc(client, "subscriptions/listen", { notifications: {} });
  expect(message.result).toMatchObject({ resultType: "complete" });
});
