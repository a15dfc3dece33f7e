import { MAX_RESPONSE_BYTES, MAX_RESPONSE_VALUES, type Budgets } from "../contract/limits.ts";
import type { Era } from "../contract/records/workspace.ts";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { ByteBuffer } from "../mcp/byte-buffer.ts";
import { hasMoreValues } from "../mcp/json-walk.ts";
import { isObject, parseObject } from "../mcp/json.ts";
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
  SERVER_INFO,
} from "../mcp/protocol.ts";
import { readSse } from "../mcp/sse.ts";
import { withTimeout } from "../runtime/with-timeout.ts";
import { bytesOf, discardBody, guardedFetch, type FetchOptions } from "./guarded-fetch.ts";
import { closeEvents, isEventStream, isJson } from "./open-stream.ts";
import { redact, type Sent } from "./redaction.ts";
import { ResponseWait } from "./response-wait.ts";
import { findMessage, quoteServer } from "./server-message.ts";
import {
  badResponse,
  httpError,
  timeoutError,
  toStreamError,
  TOO_LARGE,
  TOO_MANY_VALUES,
  UNFINISHED,
  UNREACHABLE,
} from "./upstream-errors.ts";

/** How an upstream is reached, and the time that each part of an exchange can take. */
export interface UpstreamOptions extends FetchOptions {
  budgets: Budgets;
  /** Largest message that is read, in bytes; absent: `MAX_RESPONSE_BYTES`. A larger one is `upstream_too_large`. */
  maxMessageBytes?: number;
}

/** The address of a server, with the headers that every request to it carries. */
export type Peer = Sent;

/** The `error` member of a JSON-RPC response. */
export interface RpcFailure {
  code: number;
  message: string;
  data: unknown;
}

/** The result of a request; `text`: of the whole message. `error`: for the admin. `rpcError`: the server's JSON-RPC error, if it sent one. */
export type JsonRpcResult =
  | { ok: true; result: Record<string, unknown>; text: string; response: Response }
  | {
      ok: false;
      error: UpstreamError;
      rpcError?: RpcFailure;
      /** A 401 that asks for a bearer token (RFC 6750, section 3). */
      isChallenge?: boolean;
    };

/** The gateway as a client, in `initialize` and `_meta`. */
export const CLIENT_INFO = { name: SERVER_INFO.name, version: SERVER_INFO.version };

/**
 * The id of a request of the gateway itself: a positive 31-bit integer, because some servers keep ids as integers. Random,
 * because isolates that do not know of each other can share a session.
 */
export function newRequestId(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % 0x7fff_fffe || 1;
}

/** A request of the gateway itself. In the modern era its `_meta` carries version, capabilities and client (2026-07-28). */
export function makeRequest(
  era: Era,
  method: string,
  params: Record<string, unknown> = {},
): { id: number; text: string } {
  const id = newRequestId();
  const meta = {
    [META_PROTOCOL_VERSION]: MODERN_VERSION,
    [META_CLIENT_CAPABILITIES]: {},
    [META_CLIENT_INFO]: CLIENT_INFO,
  };
  return {
    id,
    text: JSON.stringify({
      jsonrpc: "2.0",
      id,
      method,
      params: era === "modern" ? { ...params, _meta: meta } : params,
    }),
  };
}

/** The protocol state that a request to a server names in its headers. */
export interface RequestState {
  era: Era;
  /** Null: not negotiated yet. */
  protocolVersion: string | null;
  /** Null: no session. */
  sessionId: string | null;
}

/** Sends one JSON-RPC message by POST (Streamable HTTP). */
function post(
  peer: Peer,
  text: string,
  { protocolVersion, sessionId }: Omit<RequestState, "era">,
  options: UpstreamOptions,
  extraHeaders: Record<string, string> = {},
) {
  const headers = {
    ...peer.headers,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...extraHeaders,
    ...(sessionId === null ? {} : { "mcp-session-id": sessionId }),
    ...(protocolVersion === null ? {} : { "mcp-protocol-version": protocolVersion }),
  };
  const init = { method: "POST", headers, body: text } as const;
  return guardedFetch(peer.url, init, options, options.budgets.firstByteMs);
}

/** Sends a request of the gateway itself over Streamable HTTP, and reads its result. Never throws. */
export async function sendRequest(
  peer: Peer,
  { method, params }: { method: string; params: Record<string, unknown> },
  state: RequestState,
  options: UpstreamOptions,
): Promise<JsonRpcResult> {
  const { id, text } = makeRequest(state.era, method, params);
  const sent = await post(
    peer,
    text,
    state,
    options,
    state.era === "modern" ? { "mcp-method": method } : {},
  );
  if (!sent.ok) return sent;
  return readResponse(sent.response, id, peer, options);
}

/**
 * Sends a message that has no response: a notification, or a response to the server. Its failure is not reported. A kept
 * connection can turn out to be closed, so a failed attempt is repeated once; a duplicate of such a message is harmless.
 */
export async function postMessage(
  peer: Peer & { protocolVersion: string },
  text: string,
  sessionId: string | null,
  options: UpstreamOptions,
): Promise<void> {
  const send = () =>
    post(peer, text, { protocolVersion: peer.protocolVersion, sessionId }, options);
  let sent = await send();
  if (!sent.ok && sent.error.code === "upstream_unreachable") sent = await send();
  if (sent.ok) await discardBody(sent.response);
}

async function readResponse(
  response: Response,
  id: number,
  peer: Peer,
  options: UpstreamOptions,
): Promise<JsonRpcResult> {
  if (response.ok && isEventStream(response)) return readFromStream(response, id, peer, options);
  if (response.ok && !isJson(response)) {
    await discardBody(response);
    const error = badResponse("The server's response is neither JSON nor an event stream");
    return { ok: false, error };
  }
  const read = await readText(response, options);
  if (!read.ok) return read;
  const parsed = isJson(response) ? parseResponse(read.text, id, peer, response) : null;
  if (parsed && (response.ok || "rpcError" in parsed)) return parsed;
  if (response.ok) {
    const error = badResponse("The server's response is not a JSON-RPC response to the request");
    return { ok: false, error };
  }
  const isChallenge =
    response.status === 401 && /bearer/i.test(response.headers.get("www-authenticate") ?? "");
  const error = httpError(response.status, quoteServer(findMessage(read.text), peer));
  return { ok: false, error, isChallenge };
}

async function readFromStream(
  response: Response,
  id: number,
  peer: Peer,
  { budgets, maxMessageBytes = MAX_RESPONSE_BYTES }: UpstreamOptions,
): Promise<JsonRpcResult> {
  const body = bytesOf(response);
  if (!body) return { ok: false, error: badResponse("The server's event stream is empty") };
  const wait = new ResponseWait(budgets);
  const events = readSse(body, {
    onBytes: () => wait.receiveBytes(),
    maxBytes: maxMessageBytes,
  });
  try {
    for (;;) {
      const next = await wait.within(events.next());
      if (next === "late") return { ok: false, error: UNFINISHED };
      if (next.done)
        return {
          ok: false,
          error: badResponse("The server's event stream ended without a response"),
        };
      const parsed = parseResponse(next.value.data, id, peer, response);
      if (parsed) return parsed;
    }
  } catch (error) {
    return { ok: false, error: toStreamError(error) };
  } finally {
    closeEvents(events);
  }
}

/**
 * Reads a JSON-RPC response to the request `id`, without the secrets that the server was sent; null: the text is another
 * message, or no message.
 */
export function parseResponse(
  received: string,
  id: number,
  peer: Peer,
  response: Response,
): JsonRpcResult | null {
  const text = redact(received, peer);
  if (hasMoreValues(text, MAX_RESPONSE_VALUES)) return { ok: false, error: TOO_MANY_VALUES };
  const message = parseObject(text);
  if (!message || message["jsonrpc"] !== "2.0") return null;
  const { error, result } = message;
  if (isObject(error) && typeof error["code"] === "number") {
    // Before a session or a version is agreed on, servers respond with id null.
    const isOwn = isSameId(message["id"], id);
    if (!isOwn && message["id"] !== null && message["id"] !== undefined) return null;
    const rpcError = {
      code: error["code"],
      message: String(error["message"]),
      data: error["data"],
    };
    const quote = quoteServer(rpcError.message, peer);
    const failure = response.ok
      ? badResponse(
          `The server responded with JSON-RPC error ${error["code"]}${quote ? `: ${quote}` : ""}`,
        )
      : httpError(response.status, quote);
    return { ok: false, error: failure, rpcError };
  }
  if (!isSameId(message["id"], id) || !isObject(result)) return null;
  return { ok: true, result, text, response };
}

/** Whether a response belongs to a request; some servers return the number as a string. */
function isSameId(received: unknown, sent: number): boolean {
  return received === sent || received === String(sent);
}

/** A body as text, within the limits of size, silence and time. */
export async function readText(
  response: Response,
  { budgets, maxMessageBytes = MAX_RESPONSE_BYTES }: UpstreamOptions,
): Promise<{ ok: true; text: string } | { ok: false; error: UpstreamError }> {
  const reader = bytesOf(response)?.getReader();
  const buffer = new ByteBuffer(maxMessageBytes);
  const wait = new ResponseWait(budgets);
  try {
    while (reader) {
      const next = await wait.within(reader.read());
      if (next === "late") return { ok: false, error: UNFINISHED };
      if (next.done) break;
      wait.receiveBytes();
      if (!buffer.append(next.value)) return { ok: false, error: TOO_LARGE };
    }
    return { ok: true, text: buffer.takeText() };
  } catch {
    // Only the server's body fails here.
    return { ok: false, error: UNREACHABLE };
  } finally {
    // A cancellation fails only when the upstream's connection has failed.
    void reader?.cancel().catch(() => undefined);
  }
}

/** Runs several exchanges within the total budget. When it is over, their requests are aborted. */
export async function withTotalTimeout<T>(
  options: UpstreamOptions,
  work: (options: UpstreamOptions) => Promise<T>,
): Promise<T | { ok: false; error: UpstreamError }> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const result = await withTimeout(work({ ...options, signal }), options.budgets.totalMs);
  if (result !== "late") return result;
  stop.abort();
  return { ok: false, error: timeoutError(options.budgets.totalMs) };
}
