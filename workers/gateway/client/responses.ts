import { LIST_TTL_MS } from "../../contract/limits.ts";
import { formatError, type JsonRpcError } from "../../mcp/json-rpc.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR, META_SERVER_INFO, SERVER_INFO } from "../../mcp/protocol.ts";

const COMMON = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const JSON_ANSWER = { ...COMMON, "content-type": "application/json" };
// Made once: every response copies them, which takes half as long as reading them from an object.
const COMMON_HEADERS = new Headers(COMMON);
const JSON_HEADERS = new Headers(JSON_ANSWER);
const EVENT_STREAM_HEADERS = new Headers({
  ...COMMON,
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
});

export function jsonResponse(
  body: BodyInit,
  status = 200,
  headers?: Record<string, string>,
): Response {
  return new Response(body, {
    status,
    headers: headers ? { ...JSON_ANSWER, ...headers } : JSON_HEADERS,
  });
}

export function eventStreamResponse(body: ReadableStream): Response {
  return new Response(body, { headers: EVENT_STREAM_HEADERS });
}

export function emptyResponse(status: number): Response {
  return new Response(null, { status, headers: COMMON_HEADERS });
}

export function errorResponse(
  id: string,
  error: JsonRpcError,
  status = 200,
  headers?: Record<string, string>,
): Response {
  return jsonResponse(formatError(id, error), status, headers);
}

/** One answer, byte for byte, for every way in which a token or a workspace can be wrong. */
export function unauthorized(): Response {
  const message = "Unauthorized: send a valid gateway token as 'Authorization: Bearer mng_...'";
  return errorResponse("null", { code: -32000, message }, 401, { "www-authenticate": "Bearer" });
}

export function rateLimited(id: string, retryAfterSeconds: number): Response {
  const message = `Too many requests: try again in ${retryAfterSeconds} s`;
  const error = {
    code: ERROR.rateLimited,
    message,
    data: { reason: "rate_limited", retryAfterSeconds },
  };
  return errorResponse(id, error, 429, { "retry-after": String(retryAfterSeconds) });
}

/** A request that is refused before anything is looked up. */
export function badRequest(
  status: number,
  message: string,
  headers?: Record<string, string>,
): Response {
  return errorResponse("null", { code: ERROR.invalidRequest, message }, status, headers);
}

/** A result of our own, `members` being the inside of a JSON object; completed as the request's era demands. */
export function resultText(
  request: McpRequest,
  members: string,
  cacheable: boolean,
): [head: string, tail: string] {
  const id = `{"jsonrpc":"2.0","id":${request.id},"result":{`;
  if (request.era === "legacy") return [id, `${members}}}`];
  const caching = cacheable ? `"ttlMs":${LIST_TTL_MS},"cacheScope":"private",` : "";
  const meta = `"_meta":{"${META_SERVER_INFO}":${JSON.stringify(SERVER_INFO)}}`;
  return [`${id}"resultType":"complete",${caching}${meta}${members ? "," : ""}`, `${members}}}`];
}

/** 404 is what makes a client initialize again (2025-11-25, streamable HTTP, "Session Management"). */
export function sessionNotFound(id: string): Response {
  const message = "Session not found: initialize again";
  return errorResponse(id, { code: ERROR.sessionNotFound, message }, 404);
}
