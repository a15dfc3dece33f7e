import { LIST_TTL_MS } from "../../contract/limits.ts";
import { errorBody } from "../../http/error-responses.ts";
import { formatError, type JsonRpcError } from "../../mcp/json-rpc.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR, META_SERVER_INFO, SERVER_INFO } from "../../mcp/protocol.ts";
import { LOOP_DETECTED } from "../../upstream/via.ts";

const COMMON = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const JSON_RESPONSE = { ...COMMON, "content-type": "application/json" };
// Made once: every response copies them, which takes half as long as reading them from an object.
const COMMON_HEADERS = new Headers(COMMON);
const JSON_HEADERS = new Headers(JSON_RESPONSE);
const EVENT_STREAM_HEADERS = new Headers({
  ...COMMON,
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
});

/** A response of one JSON text. */
export function jsonResponse(
  body: BodyInit,
  status = 200,
  headers?: Record<string, string>,
): Response {
  return new Response(body, {
    status,
    headers: headers ? { ...JSON_RESPONSE, ...headers } : JSON_HEADERS,
  });
}

/** A response of an event stream, which `body` writes. */
export function eventStreamResponse(body: ReadableStream): Response {
  return new Response(body, { headers: EVENT_STREAM_HEADERS });
}

/** A response without a body. */
export function emptyResponse(status: number): Response {
  return new Response(null, { status, headers: COMMON_HEADERS });
}

/** A JSON-RPC error response; `id` is JSON text. */
export function errorResponse(
  id: string,
  error: JsonRpcError,
  status = 200,
  headers?: Record<string, string>,
): Response {
  return jsonResponse(formatError(id, error), status, headers);
}

/** The response to every invalid token or workspace, the same byte for byte: it reveals no workspace (enumeration). */
export function unauthorized(): Response {
  const message = "Unauthorized: send a valid gateway token as 'Authorization: Bearer mng_...'";
  return errorResponse("null", { code: ERROR.unauthorized, message }, 401, {
    "www-authenticate": "Bearer",
  });
}

/** The response for an address that is no workspace's. Clients also look for OAuth metadata below the gateway's address. */
export function nothingHere(): Response {
  return jsonResponse(
    JSON.stringify(errorBody("not_found", "There is nothing at this address.")),
    404,
  );
}

/** 429 with the seconds to wait; `id` is JSON text. */
export function rateLimited(id: string, retryAfterSeconds: number): Response {
  const message = `Too many requests: try again in ${retryAfterSeconds} s`;
  const error = {
    code: ERROR.internal,
    message,
    data: { reason: "rate_limited", retryAfterSeconds },
  };
  return errorResponse(id, error, 429, { "retry-after": String(retryAfterSeconds) });
}

/** 508 for a request that is in a loop of gateways, or may be. */
export function loopDetected(message: string): Response {
  const error = { code: ERROR.invalidRequest, message, data: { reason: "loop_detected" } };
  return errorResponse("null", error, LOOP_DETECTED);
}

/** An error response without a request id, for a request that is refused before it is parsed. */
export function badRequest(
  status: number,
  message: string,
  headers?: Record<string, string>,
): Response {
  return errorResponse("null", { code: ERROR.invalidRequest, message }, status, headers);
}

/**
 * The text of a result response in the request's era, in two parts between which more members can be placed. `members`:
 * JSON text of the result's members, without braces. `cacheable`: the result carries caching hints.
 */
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

/** 404, on which a client initializes again (2025-11-25, streamable HTTP, "Session Management"). */
export function sessionNotFound(id: string): Response {
  const message = "Session not found: initialize again";
  return errorResponse(id, { code: ERROR.sessionNotFound, message }, 404);
}
