import { MAX_RESPONSE_BYTES, MAX_SSE_LINE_BYTES, type Budgets } from "../contract/limits.ts";
import type { Era } from "../contract/records/workspace.ts";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
  SERVER_INFO,
} from "../mcp/protocol.ts";
import { readSse, SseLineTooLong } from "../mcp/sse.ts";
import {
  badResponse,
  bytesOf,
  guardedFetch,
  httpError,
  timeoutError,
  unreachable,
  type Network,
} from "./guarded-fetch.ts";

export interface UpstreamOptions {
  budgets: Budgets;
  allowPrivate: boolean;
  network?: Network | undefined;
  signal?: AbortSignal | undefined;
}

/** A server as far as our own requests to it need to know it. */
export interface Peer {
  url: string;
  headers: Record<string, string>;
}

export interface RpcFailure {
  code: number;
  message: string;
  data: unknown;
}

/** `error`: no usable answer. `rpcError`: the server's own JSON-RPC error. */
export type JsonRpcResult =
  | { ok: true; result: Record<string, unknown>; response: Response }
  | { ok: false; error: UpstreamError; rpcError?: RpcFailure };

export const CLIENT_INFO = { name: SERVER_INFO.name, version: SERVER_INFO.version };

/** A request of our own, with the envelope that the modern era demands. */
export function makeRequest(
  era: Era,
  method: string,
  params: Record<string, unknown> = {},
): { id: string; text: string } {
  const id = crypto.randomUUID();
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

/** Sends one JSON-RPC text over Streamable HTTP; the caller reads the response. */
function post(
  peer: Peer,
  text: string,
  version: string | null,
  extra: Record<string, string>,
  options: UpstreamOptions,
) {
  const headers = {
    ...peer.headers,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...extra,
    ...(version === null ? {} : { "mcp-protocol-version": version }),
  };
  const { allowPrivate, network, signal } = options;
  return guardedFetch(
    peer.url,
    { method: "POST", headers, body: text },
    { allowPrivate, network, signal, firstByteMs: options.budgets.firstByteMs },
  );
}

/** One request of our own over Streamable HTTP, and its result. */
export async function sendRequest(
  peer: Peer,
  era: Era,
  version: string | null,
  method: string,
  params: Record<string, unknown>,
  sessionId: string | null,
  options: UpstreamOptions,
): Promise<JsonRpcResult> {
  const { id, text } = makeRequest(era, method, params);
  const extra = {
    ...(era === "modern" ? { "mcp-method": method } : {}),
    ...(sessionId === null ? {} : { "mcp-session-id": sessionId }),
  };
  const sent = await post(peer, text, version, extra, options);
  if (!sent.ok) return sent;
  return readAnswer(sent.response, id, options.budgets);
}

/**
 * A message that has no answer: a notification, or a response to the server. Failures of it are the server's loss, but a
 * connection that breaks may be one that was kept for too long: then it is sent once more, and to get one of these twice
 * does no harm.
 */
export async function postMessage(
  peer: Peer & { protocolVersion: string },
  text: string,
  sessionId: string | null,
  options: UpstreamOptions,
): Promise<void> {
  const extra: Record<string, string> = sessionId === null ? {} : { "mcp-session-id": sessionId };
  const send = () => post(peer, text, peer.protocolVersion, extra, options);
  let sent = await send();
  if (!sent.ok && sent.error.code === "upstream_unreachable") sent = await send();
  if (sent.ok) await sent.response.body?.cancel().catch(() => undefined);
}

async function readAnswer(
  response: Response,
  id: string,
  budgets: Budgets,
): Promise<JsonRpcResult> {
  const type = response.headers.get("content-type") ?? "";
  if (response.ok && /^text\/event-stream\b/i.test(type))
    return readEventAnswer(response, id, budgets);
  if (!/^application\/json\b/i.test(type)) {
    await response.body?.cancel();
    const error = response.ok
      ? badResponse("The server's answer is neither JSON nor an event stream")
      : httpError(response.status);
    return { ok: false, error };
  }
  const read = await readText(response, budgets);
  if (!read.ok) return read;
  const answer = parseResponse(read.text, id, response);
  if (answer)
    return response.ok || "rpcError" in answer
      ? answer
      : { ok: false, error: httpError(response.status) };
  return {
    ok: false,
    error: response.ok
      ? badResponse("The server's answer is not a JSON-RPC response to the request")
      : httpError(response.status),
  };
}

async function readEventAnswer(
  response: Response,
  id: string,
  budgets: Budgets,
): Promise<JsonRpcResult> {
  const body = bytesOf(response);
  if (!body) return { ok: false, error: badResponse("The server's event stream is empty") };
  const events = readSse(body, { maxLineBytes: MAX_SSE_LINE_BYTES });
  try {
    const dueAt = Date.now() + budgets.totalMs;
    for (;;) {
      const next = await withTimeout(events.next(), Math.min(budgets.idleMs, dueAt - Date.now()));
      if (next === "late") return { ok: false, error: UNFINISHED };
      if (next.done)
        return {
          ok: false,
          error: badResponse("The server's event stream ended without an answer"),
        };
      const answer = parseResponse(next.value.data, id, response);
      if (answer) return answer;
    }
  } catch (error) {
    return { ok: false, error: error instanceof SseLineTooLong ? tooLarge() : unreachable() };
  } finally {
    void events.return(undefined).catch(() => undefined);
  }
}

/** The answer in a JSON-RPC text; null when it is something else. */
export function parseResponse(text: string, id: string, response: Response): JsonRpcResult | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value["jsonrpc"] !== "2.0") return null;
  const { error, result } = value;
  if (isObject(error) && typeof error["code"] === "number") {
    // Before a session or a version is agreed on, servers answer with id null.
    if (value["id"] !== id && value["id"] !== null && value["id"] !== undefined) return null;
    const rpcError = {
      code: error["code"],
      message: String(error["message"]),
      data: error["data"],
    };
    const failure = response.ok
      ? badResponse(`The server answered with JSON-RPC error ${error["code"]}`)
      : httpError(response.status);
    return { ok: false, error: failure, rpcError };
  }
  if (value["id"] !== id || !isObject(result)) return null;
  return { ok: true, result, response };
}

/** A body as text, within the limits of size, silence and time. */
async function readText(
  response: Response,
  budgets: Budgets,
): Promise<{ ok: true; text: string } | { ok: false; error: UpstreamError }> {
  const reader = bytesOf(response)?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  try {
    const dueAt = Date.now() + budgets.totalMs;
    while (reader) {
      const next = await withTimeout(reader.read(), Math.min(budgets.idleMs, dueAt - Date.now()));
      if (next === "late") return { ok: false, error: UNFINISHED };
      if (next.done) break;
      length += next.value.byteLength;
      if (length > MAX_RESPONSE_BYTES) return { ok: false, error: tooLarge() };
      text += decoder.decode(next.value, { stream: true });
    }
    return { ok: true, text: text + decoder.decode() };
  } catch {
    return { ok: false, error: unreachable() };
  } finally {
    void reader?.cancel().catch(() => undefined);
  }
}

/** Work with a server that ends within the total budget, one way or the other; then nothing of it stays open. */
export async function withTotalTimeout<T>(
  options: UpstreamOptions,
  work: (options: UpstreamOptions) => Promise<T>,
): Promise<T | { ok: false; error: UpstreamError }> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const outcome = await withTimeout(work({ ...options, signal }), options.budgets.totalMs);
  if (outcome !== "late") return outcome;
  stop.abort();
  return { ok: false, error: timeoutError(options.budgets.totalMs) };
}

/** The value, or `late` after the time is up. */
export function withTimeout<T>(value: Promise<T>, ms: number): Promise<T | "late"> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("late"), Math.max(0, ms));
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const UNFINISHED: UpstreamError = {
  code: "upstream_timeout",
  message: "The server began an answer but did not finish it in time",
};

function tooLarge(): UpstreamError {
  return { code: "upstream_too_large", message: "The server's answer exceeds the size limit" };
}
