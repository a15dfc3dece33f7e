import { expect, inject } from "vitest";
import {
  change,
  makeWorkspace,
  modernRpc,
  post,
  readMessage,
  waitForRows,
  type Client,
} from "./gateway-client.ts";
import { Stream } from "./notification-streams.ts";

/** The capabilities of a modern client with the tasks extension. */
export const TASKS = { extensions: { "io.modelcontextprotocol/tasks": {} } };

/** The member of `_meta` that names a message's task in the legacy era. */
export const RELATED_TASK = "io.modelcontextprotocol/related-task";

/** How a client of one kind uses tasks. */
export interface TaskKind {
  url: string;
  /** A tool that takes its time as a task. */
  tool: string;
  send: typeof sendModern;
  /** Begins a task that takes `ms`; returns the whole response. */
  begin(client: Client, ms: number): ReturnType<typeof sendModern>;
  /** Whether a task ends with the connection to its server. */
  needsConnection: boolean;
}

/** Sends a request as a client of 2026-07-28 with the tasks extension. */
export function sendModern(client: Client, method: string, params: Record<string, unknown> = {}) {
  return modernRpc(client, method, params, {}, TASKS);
}

/** Sends a request as a client of 2025-11-25, in its session if it has one. */
export async function sendLegacy(
  client: Client & { session?: string },
  method: string,
  params: Record<string, unknown> = {},
  version = "2025-11-25",
) {
  const response = await post(
    client,
    { jsonrpc: "2.0", id: 1, method, params },
    {
      "mcp-protocol-version": version,
      ...(client.session === undefined ? {} : { "mcp-session-id": client.session }),
    },
  );
  return { response, message: await readMessage(response) };
}

const legacy = (path: string): TaskKind => ({
  url: inject("tasksUrl") + path,
  tool: "slow",
  send: sendLegacy,
  needsConnection: path === "/sse",
  async begin(client, ms) {
    const params = { name: "slow", arguments: { ms }, task: { ttl: 60_000 } };
    return sendLegacy(client, "tools/call", params);
  },
});

export const TASK_KINDS = {
  modern: {
    url: inject("modernTasksUrl"),
    tool: "slow_compute",
    send: sendModern,
    needsConnection: false,
    begin: (client, ms) =>
      sendModern(client, "tools/call", {
        name: "slow_compute",
        arguments: { seconds: ms / 1_000 },
      }),
  },
  legacy: legacy("/legacy"),
  "legacy without sessions": legacy("/legacy-stateless"),
  "legacy HTTP+SSE": legacy("/sse"),
} satisfies Record<string, TaskKind>;

/** Creates a workspace with one server `up` of a kind. */
export async function makeTasksWorkspace(slug: string, { url }: TaskKind) {
  const client = await makeWorkspace(slug, {});
  await change(slug, { type: "server.create", input: { slug: "up", url } });
  return { ...client, url };
}

/** Begins a task and returns its id. */
export async function beginTask(kind: TaskKind, client: Client, ms = 60_000): Promise<string> {
  const { message } = await kind.begin(client, ms);
  return String(message.result.task?.taskId ?? message.result.taskId);
}

/** The task's state when it has this status, or its last state after 10 s. */
export async function waitForStatus(
  kind: TaskKind,
  client: Client,
  taskId: string,
  status: string,
) {
  for (const dueAt = Date.now() + 10_000; ; await scheduler.wait(50)) {
    const { message } = await kind.send(client, "tasks/get", { taskId });
    if (message.result?.status === status || Date.now() > dueAt) return message.result;
  }
}

/** Sends a request of a legacy client in its session; returns the stream of the response. */
export async function openStream(
  client: Client & { session: string },
  id: number,
  method: string,
  params: object,
): Promise<Stream> {
  const headers = { "mcp-session-id": client.session, "mcp-protocol-version": "2025-11-25" };
  return new Stream(await post(client, { jsonrpc: "2.0", id, method, params }, headers));
}

/** Expects the result of the workspace's first call, a legacy task of the tool `slow`, and both audit rows. */
export async function expectResult(client: Client, taskId: string): Promise<void> {
  const { message } = await sendLegacy(client, "tasks/result", { taskId });
  expect(message.result).toEqual({
    content: [{ type: "text", text: "done" }],
    _meta: { [RELATED_TASK]: { taskId } },
  });
  expect(await waitForRows(client.slug, 2)).toMatchObject([
    { method: "tools/call", serverSlug: "up", toolName: "slow", status: "ok" },
    { method: "tasks/result", serverSlug: "up", toolName: "slow", status: "ok" },
  ]);
}
