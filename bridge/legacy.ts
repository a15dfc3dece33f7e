import { parseClientCapabilities } from "../workers/mcp/client-capabilities.ts";
import {
  formatError,
  formatNotification,
  formatResponse,
  type JsonRpcError,
} from "../workers/mcp/json-rpc.ts";
import { isObject } from "../workers/mcp/json.ts";
import { toSeverity, UNKNOWN_SEVERITY } from "../workers/mcp/log-level.ts";
import type { McpRequest } from "../workers/mcp/message.ts";
import { ERROR, LATEST_LEGACY_VERSION, LEGACY_VERSIONS } from "../workers/mcp/protocol.ts";
import { formatTaskSupport } from "../workers/mcp/task-support.ts";
import { findProgressToken, toClientProgress } from "../workers/mcp/translate/progress.ts";
import type { HostedServer, ServerDescription } from "./hosted-server.ts";
import type { Reply } from "./reply.ts";
import { formatRequestResult, toServerParams } from "./rpc-text.ts";
import type { Session, Sessions } from "./session.ts";

/** The error for a request that arrives before the server is ready. */
export const NOT_READY: JsonRpcError = {
  code: ERROR.internal,
  message: "The server is starting; try again in a moment",
};

/**
 * Responds to a request of a legacy client (2025-11-25, basic/transports, "Streamable HTTP"). Without a session, server
 * requests are refused.
 */
export async function handleLegacyRequest(
  server: HostedServer,
  sessions: Sessions,
  session: Session | null,
  request: McpRequest,
  reply: Reply,
): Promise<void> {
  switch (request.method) {
    case "initialize":
      return initialize(server, sessions, request, reply);
    case "ping":
      return reply.end(200, formatResponse(request.id, "result", "{}"));
    case "logging/setLevel":
      return setLogLevel(server, session, request, reply);
    case "resources/subscribe":
    case "resources/unsubscribe":
      return changeSubscription(server, session, request, reply);
    default:
      return forward(server, session, request, reply);
  }
}

function initialize(
  server: HostedServer,
  sessions: Sessions,
  { id, values }: McpRequest,
  reply: Reply,
): void {
  const { description } = server;
  if (!description) return reply.end(503, formatError(id, NOT_READY));
  const session = sessions.open(parseClientCapabilities(values["capabilities"]));
  reply.setHeader("mcp-session-id", session.id);
  const known: readonly unknown[] = LEGACY_VERSIONS;
  const protocolVersion = known.includes(values["protocolVersion"])
    ? values["protocolVersion"]
    : LATEST_LEGACY_VERSION;
  const result = {
    protocolVersion,
    capabilities: {
      ...toServedCapabilities(description),
      ...(protocolVersion === LATEST_LEGACY_VERSION ? toTaskCapabilities(server) : {}),
    },
    serverInfo: description.serverInfo,
    ...(description.instructions === null ? {} : { instructions: description.instructions }),
  };
  reply.end(200, formatResponse(id, "result", JSON.stringify(result)));
}

/** The server lists the tasks of all clients, so `tasks.list` is left out. */
function toTaskCapabilities({ taskSupport }: HostedServer): Record<string, unknown> {
  return taskSupport ? { tasks: formatTaskSupport(taskSupport) } : {};
}

/** The server's capabilities that the bridge supports for clients of every revision. */
export function toServedCapabilities({ capabilities }: ServerDescription): Record<string, unknown> {
  const served = ["tools", "prompts", "resources", "completions", "logging"];
  return Object.fromEntries(Object.entries(capabilities).filter(([name]) => served.includes(name)));
}

async function setLogLevel(
  server: HostedServer,
  session: Session | null,
  { id, values }: McpRequest,
  reply: Reply,
): Promise<void> {
  const level = String(values["level"]);
  if (toSeverity(level) === UNKNOWN_SEVERITY) {
    const error = { code: ERROR.invalidParams, message: "Unknown level" };
    return reply.end(200, formatError(id, error));
  }
  if (session) session.logLevel = level;
  await server.ensureLogLevel(level);
  reply.end(200, formatResponse(id, "result", "{}"));
}

async function changeSubscription(
  server: HostedServer,
  session: Session | null,
  { id, method, target }: McpRequest,
  reply: Reply,
): Promise<void> {
  if (!session || target === null) {
    const message = "Subscriptions need a session: begin with initialize";
    return reply.end(200, formatError(id, { code: ERROR.invalidRequest, message }));
  }
  const isSubscribed = session.subscriptions.has(target);
  if (method === "resources/subscribe" && !isSubscribed) {
    session.subscriptions.add(target);
    const result = await server.subscribe(target);
    if (result.kind !== "result") session.subscriptions.delete(target);
    return reply.end(200, formatRequestResult(id, result));
  }
  if (method === "resources/unsubscribe" && isSubscribed) {
    session.subscriptions.delete(target);
    await server.unsubscribe(target);
  }
  reply.end(200, formatResponse(id, "result", "{}"));
}

/**
 * Disconnecting does not cancel a legacy call; `notifications/cancelled` does. It does end the wait for a task's result,
 * which the client can ask for again.
 */
async function forward(
  server: HostedServer,
  session: Session | null,
  request: McpRequest,
  reply: Reply,
): Promise<void> {
  const canBeginTask = server.taskSupport !== null && isObject(request.values["task"]);
  if (canBeginTask && !session) {
    const message = "Tasks need a session: begin with initialize";
    return reply.end(200, formatError(request.id, { code: ERROR.invalidRequest, message }));
  }
  const abort = new AbortController();
  if (request.method === "tasks/result") reply.onHangUp(() => abort.abort());
  const token = findProgressToken(request);
  session?.calls.set(request.id, abort);
  const result = await server.call({
    method: request.method,
    session,
    canBeginTask,
    target: request.target,
    toParams: (progressToken) => toServerParams(request, progressToken),
    timeoutMs: reply.callTimeoutMs,
    abort,
    onProgress: ({ text, object }) => {
      if (token !== null) reply.sendMessage(toClientProgress(text, object, token));
      return token !== null;
    },
    onLog: ({ values }) => {
      if (toSeverity(values["level"]) < toSeverity(session?.logLevel ?? "debug")) return;
      reply.sendMessage(formatNotification("notifications/message", JSON.stringify(values)));
    },
    onTaskStatus: (text) => reply.sendMessage(text),
    sendServerRequest: (serverRequest, signal) =>
      session?.sendServerRequest(reply, serverRequest, signal) ?? null,
  });
  if (session?.calls.get(request.id) === abort) session.calls.delete(request.id);
  reply.end(200, formatRequestResult(request.id, result));
}
