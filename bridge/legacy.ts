import { isObject } from "../workers/mcp/json.ts";
import type { McpRequest } from "../workers/mcp/message.ts";
import { ERROR, LATEST_LEGACY_VERSION, LEGACY_VERSIONS } from "../workers/mcp/protocol.ts";
import { urgencyOf, type HostedServer, type ServerDescription } from "./hosted-server.ts";
import type { Reply } from "./reply.ts";
import {
  errorJson,
  forwardedParams,
  notificationText,
  outcomeText,
  progressText,
  progressTokenOf,
  responseText,
} from "./rpc-text.ts";
import type { Session, Sessions } from "./session.ts";

/** Answers a request of the initialize era (2025-11-25, basic/transports, "Streamable HTTP"); without a session nothing can be asked. */
export async function answerLegacy(
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
      return reply.end(200, responseText(request.id, "result", "{}"));
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
  if (!description) return reply.end(503, responseText(id, "error", notReady()));
  const session = sessions.open(isObject(values["capabilities"]) ? values["capabilities"] : {});
  reply.setHeader("mcp-session-id", session.id);
  const known: readonly unknown[] = LEGACY_VERSIONS;
  const result = {
    protocolVersion: known.includes(values["protocolVersion"])
      ? values["protocolVersion"]
      : LATEST_LEGACY_VERSION,
    capabilities: servedCapabilities(description),
    serverInfo: description.serverInfo,
    ...(description.instructions === null ? {} : { instructions: description.instructions }),
  };
  reply.end(200, responseText(id, "result", JSON.stringify(result)));
}

/** The server's capabilities that pass the bridge. */
export function servedCapabilities({ capabilities }: ServerDescription): Record<string, unknown> {
  const served = ["tools", "prompts", "resources", "completions", "logging"];
  return Object.fromEntries(Object.entries(capabilities).filter(([name]) => served.includes(name)));
}

/** The error of a request that comes before the server is ready. */
export function notReady(): string {
  return errorJson(ERROR.internal, "The server is starting; try again in a moment");
}

async function setLogLevel(
  server: HostedServer,
  session: Session | null,
  { id, values }: McpRequest,
  reply: Reply,
): Promise<void> {
  const level = String(values["level"]);
  if (urgencyOf(level) === urgencyOf("")) {
    return reply.end(
      200,
      responseText(id, "error", errorJson(ERROR.invalidParams, "Unknown level")),
    );
  }
  if (session) session.logLevel = level;
  await server.wantLogs(level);
  reply.end(200, responseText(id, "result", "{}"));
}

async function changeSubscription(
  server: HostedServer,
  session: Session | null,
  { id, method, target }: McpRequest,
  reply: Reply,
): Promise<void> {
  if (!session || target === null) {
    const message = "Subscriptions need a session: begin with initialize";
    return reply.end(200, responseText(id, "error", errorJson(ERROR.invalidRequest, message)));
  }
  const isSubscribed = session.subscriptions.has(target);
  if (method === "resources/subscribe" && !isSubscribed) {
    session.subscriptions.add(target);
    const outcome = await server.subscribe(target);
    if (outcome.kind !== "result") session.subscriptions.delete(target);
    return reply.end(200, outcomeText(id, outcome));
  }
  if (method === "resources/unsubscribe" && isSubscribed) {
    session.subscriptions.delete(target);
    await server.unsubscribe(target);
  }
  reply.end(200, responseText(id, "result", "{}"));
}

/** Hanging up does not cancel a call of this era; `notifications/cancelled` does. */
async function forward(
  server: HostedServer,
  session: Session | null,
  request: McpRequest,
  reply: Reply,
): Promise<void> {
  const end = new AbortController();
  const token = progressTokenOf(request);
  session?.calls.set(request.id, end);
  const outcome = await server.call({
    method: request.method,
    target: request.target,
    params: forwardedParams(request),
    end,
    onProgress: (params) => {
      if (token !== null) reply.message(progressText(params, token));
    },
    onLog: ({ values }) => {
      const isWanted = urgencyOf(values["level"]) >= urgencyOf(session?.logLevel ?? "debug");
      if (isWanted)
        reply.message(notificationText("notifications/message", JSON.stringify(values)));
    },
    ask: (question, signal) => session?.ask(reply, question, signal) ?? null,
  });
  if (session?.calls.get(request.id) === end) session.calls.delete(request.id);
  reply.end(200, outcomeText(request.id, outcome));
}
