import { computeParamHeaders, decodeHeaderValue } from "../workers/mcp/headers.ts";
import { isObject } from "../workers/mcp/json.ts";
import type { McpRequest } from "../workers/mcp/message.ts";
import {
  ERROR,
  META_LOG_LEVEL,
  META_SERVER_INFO,
  MODERN_VERSION,
} from "../workers/mcp/protocol.ts";
import { Exchange, metaOf, type HeldExchanges } from "./exchange.ts";
import type { HostedServer, ServerDescription } from "./hosted-server.ts";
import { notReady, servedCapabilities } from "./legacy.ts";
import { LIST_TTL_MS } from "./limits.ts";
import type { Reply } from "./reply.ts";
import { errorJson, modernResult, outcomeText, responseText } from "./rpc-text.ts";

/** JSON-RPC code of a resource that does not exist, before 2026-07-28. */
const LEGACY_NOT_FOUND = -32002;

/** Answers a request of the stateless era (2026-07-28, basic/transports/streamable-http) from a server of the legacy one. */
export async function answerModern(
  server: HostedServer,
  held: HeldExchanges,
  request: McpRequest,
  headers: Headers,
  reply: Reply,
): Promise<void> {
  const { id, method } = request;
  const { description } = server;
  if (!description) return reply.end(503, responseText(id, "error", notReady()));
  if (method === "server/discover") {
    return reply.end(200, responseText(id, "result", discoverResult(description)));
  }
  if (method === "tools/call" && !(await paramHeadersAgree(server, request, headers))) {
    const message = "An Mcp-Param header differs from the argument that it repeats";
    return reply.end(400, responseText(id, "error", errorJson(ERROR.headerMismatch, message)));
  }
  const exchange = await openExchange(server, held, request);
  if (!exchange) {
    const message = "The requestState is unknown or has expired; send the call again without it";
    return reply.end(200, responseText(id, "error", errorJson(ERROR.invalidParams, message)));
  }
  const step = await exchange.next(request, reply);
  const serverInfo = JSON.stringify(description.serverInfo);
  if (step.kind === "asks") {
    const state = held.hold(exchange);
    const result = `{"resultType":"input_required","inputRequests":${step.inputRequests},"requestState":"${state}","_meta":{"${META_SERVER_INFO}":${serverInfo}}}`;
    return reply.end(200, responseText(id, "result", result));
  }
  const { outcome } = step;
  if (outcome.kind === "result") {
    return reply.end(
      200,
      responseText(id, "result", modernResult(method, outcome.json, serverInfo)),
    );
  }
  if (outcome.kind === "error" && outcome.code === LEGACY_NOT_FOUND) {
    const data = { uri: request.target };
    const error = errorJson(ERROR.invalidParams, "Resource not found", data);
    return reply.end(200, responseText(id, "error", error));
  }
  const isUnknownMethod = outcome.kind === "error" && outcome.code === ERROR.methodNotFound;
  reply.end(isUnknownMethod ? 404 : 200, outcomeText(id, outcome));
}

/** A new call, or the held one that the request continues. */
async function openExchange(
  server: HostedServer,
  held: HeldExchanges,
  request: McpRequest,
): Promise<Exchange | undefined> {
  const state = request.values["requestState"];
  if (typeof state === "string") return held.take(state, request);
  const level = metaOf(request)[META_LOG_LEVEL];
  if (typeof level === "string") await server.wantLogs(level);
  return new Exchange(request, (call) => server.call(call));
}

function discoverResult(description: ServerDescription): string {
  return JSON.stringify({
    resultType: "complete",
    supportedVersions: [MODERN_VERSION],
    capabilities: servedCapabilities(description),
    ...(description.instructions === null ? {} : { instructions: description.instructions }),
    ttlMs: LIST_TTL_MS,
    cacheScope: "private",
    _meta: { [META_SERVER_INFO]: description.serverInfo },
  });
}

/** Whoever routed by these headers must have routed what the body says. */
async function paramHeadersAgree(
  server: HostedServer,
  { target, values }: McpRequest,
  headers: Headers,
): Promise<boolean> {
  const paramHeaders = (await server.tools.find(target))?.paramHeaders ?? [];
  if (paramHeaders.length === 0) return true;
  const args = isObject(values["arguments"]) ? values["arguments"] : {};
  const expected = new Map(
    computeParamHeaders(paramHeaders, args).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return paramHeaders.every(({ name }) => {
    const key = `mcp-param-${name.toLowerCase()}`;
    const wanted = expected.get(key);
    const sent = headers.get(key);
    if (sent === null || wanted === undefined) return sent === null && wanted === undefined;
    return decodeHeaderValue(sent) === decodeHeaderValue(wanted);
  });
}
