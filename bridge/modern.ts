import { LIST_TTL_MS } from "../workers/contract/limits.ts";
import { matchParamHeaders } from "../workers/mcp/headers.ts";
import { formatError, formatResponse } from "../workers/mcp/json-rpc.ts";
import { findLogLevel } from "../workers/mcp/log-level.ts";
import type { McpRequest } from "../workers/mcp/message.ts";
import { ERROR, META_SERVER_INFO, MODERN_VERSION } from "../workers/mcp/protocol.ts";
import { formatInputRequired } from "../workers/mcp/translate/elicitation.ts";
import type { HostedServer, ServerDescription } from "./hosted-server.ts";
import { NOT_READY, toServedCapabilities } from "./legacy.ts";
import type { Reply } from "./reply.ts";
import { formatRequestResult, toModernResultText } from "./rpc-text.ts";
import { SuspendableCall, type SuspendedCalls } from "./suspendable-call.ts";

/** Responds to a request of a modern client (2026-07-28, basic/transports/streamable-http) with a legacy server. */
export async function handleModernRequest(
  server: HostedServer,
  suspended: SuspendedCalls,
  request: McpRequest,
  headers: Headers,
  reply: Reply,
): Promise<void> {
  const { id, method } = request;
  const { description } = server;
  if (!description) return reply.end(503, formatError(id, NOT_READY));
  if (method === "server/discover") {
    return reply.end(200, formatResponse(id, "result", formatDiscoverResult(description)));
  }
  if (method === "tools/call" && !(await hasMatchingParamHeaders(server, request, headers))) {
    const message = "An Mcp-Param header differs from the argument that it repeats";
    return reply.end(400, formatError(id, { code: ERROR.headerMismatch, message }));
  }
  const call = await openCall(server, suspended, request, reply);
  if (!call) {
    const message = "The requestState is unknown or has expired; send the call again without it";
    return reply.end(200, formatError(id, { code: ERROR.invalidParams, message }));
  }
  const round = await call.serveRound(request, reply);
  const serverInfo = JSON.stringify(description.serverInfo);
  if (round.kind === "input_required") {
    const state = JSON.stringify(suspended.suspend(call));
    return reply.end(200, formatInputRequired(id, round.requests, state, serverInfo));
  }
  const { result } = round;
  if (result.kind === "result") {
    const json = toModernResultText(method, result.json, serverInfo);
    return reply.end(200, formatResponse(id, "result", json));
  }
  const code = result.kind === "error" ? result.code : null;
  if (code === ERROR.resourceNotFound) {
    const data = { uri: request.target };
    const error = { code: ERROR.invalidParams, message: "Resource not found", data };
    return reply.end(200, formatError(id, error));
  }
  reply.end(code === ERROR.methodNotFound ? 404 : 200, formatRequestResult(id, result));
}

/** A new call, or the suspended one that the request continues; undefined: its `requestState` is not valid. */
async function openCall(
  server: HostedServer,
  suspended: SuspendedCalls,
  request: McpRequest,
  { callTimeoutMs }: Reply,
): Promise<SuspendableCall | undefined> {
  const state = request.values["requestState"];
  if (typeof state === "string") return suspended.take(state, request);
  const level = findLogLevel(request);
  if (level !== null) await server.ensureLogLevel(level);
  return new SuspendableCall(request, callTimeoutMs, (call) => server.call(call));
}

function formatDiscoverResult(description: ServerDescription): string {
  return JSON.stringify({
    resultType: "complete",
    supportedVersions: [MODERN_VERSION],
    capabilities: toServedCapabilities(description),
    ...(description.instructions === null ? {} : { instructions: description.instructions }),
    ttlMs: LIST_TTL_MS,
    cacheScope: "private",
    _meta: { [META_SERVER_INFO]: description.serverInfo },
  });
}

async function hasMatchingParamHeaders(
  server: HostedServer,
  { target, values }: McpRequest,
  headers: Headers,
): Promise<boolean> {
  const paramHeaders = (await server.tools.find(target))?.paramHeaders ?? [];
  return matchParamHeaders(paramHeaders, values["arguments"], headers);
}
