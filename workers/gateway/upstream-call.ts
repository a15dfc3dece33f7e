import type { UpstreamError } from "../contract/catalogue.ts";
import { MAX_RESPONSE_BYTES } from "../contract/limits.ts";
import { guardedFetch, httpError } from "../upstream/guarded-fetch.ts";
import { sendOverSse } from "../upstream/http-sse.ts";
import { openSession } from "../upstream/sessions.ts";
import { decodeAll, resume } from "./byte-stream.ts";
import type { Call } from "./call.ts";
import { passesUnchanged, readUpstreamMessage, type UpstreamMessage } from "./reply.ts";
import { toUpstreamRequest } from "./upstream-request.ts";

/** Answers up to this size are read whole and checked; larger ones that need no change pass unread. */
const READ_WHOLE_BYTES = 256 * 1024;

type Reply = Extract<UpstreamMessage, { kind: "reply" }>;

export type UpstreamAnswer =
  | { kind: "message"; reply: Reply; httpStatus: number }
  /** A large body of declared length, to be passed on unread. */
  | { kind: "bytes"; body: ReadableStream<Uint8Array>; length: number }
  /** A large body of unknown length, to be counted while it is passed on. */
  | { kind: "chunks"; stream: AsyncIterable<Uint8Array> }
  | { kind: "events"; response: Response }
  | { kind: "failed"; error: Pick<UpstreamError, "code"> };

/** Sends the call to its server, once; only a session that the server has forgotten is opened anew and the call repeated. */
export async function callUpstream(call: Call): Promise<UpstreamAnswer> {
  const { endpoint } = call.route;
  if (endpoint.transport === "sse") {
    const { id, body } = toUpstreamRequest(call.message, call.route, null);
    const sent = await sendOverSse(endpoint, body, id, call.upstreamOptions);
    return sent.ok
      ? { kind: "events", response: sent.response }
      : { kind: "failed", error: sent.error };
  }
  if (endpoint.stateful && call.sessionId === null) {
    const opened = await renewSession(call, null);
    if (opened) return opened;
  }
  const answer = await send(call);
  if (answer.kind !== "session_lost") return answer;
  const renewed = await renewSession(call, call.sessionId);
  if (renewed) return renewed;
  const second = await send(call);
  return second.kind === "session_lost"
    ? { kind: "failed", error: { code: "upstream_bad_response" } }
    : second;
}

/** Opens a session for the call's principal and shares it with the principal's other calls. Returns the failure, if any. */
async function renewSession(call: Call, lost: string | null): Promise<UpstreamAnswer | null> {
  const { endpoint, memberId, tokenId } = call.route;
  const opened = await openSession(endpoint, call.upstreamOptions);
  if (!opened.ok) return { kind: "failed", error: opened.error };
  const { sessionId } = opened.session;
  call.sessionId =
    sessionId &&
    (await call.context.env.WORKSPACES.getByName(call.context.slug).saveSession(
      endpoint.serverId,
      memberId ?? tokenId,
      sessionId,
      lost,
    ));
  return null;
}

async function send(call: Call): Promise<UpstreamAnswer | { kind: "session_lost" }> {
  const { endpoint } = call.route;
  const { id, body, headers } = toUpstreamRequest(call.message, call.route, call.sessionId);
  call.upstreamId = id;
  const fetched = await guardedFetch(
    endpoint.url,
    { method: "POST", headers, body },
    // No signal: it would cost every call, and a request that nobody waits for ends with its invocation.
    { ...call.upstreamOptions, firstByteMs: null },
  );
  if (!fetched.ok) return { kind: "failed", error: fetched.error };
  const { response } = fetched;
  call.touch(false);
  if (response.status === 404 && call.sessionId !== null) {
    await response.body?.cancel();
    return { kind: "session_lost" };
  }
  const type = response.headers.get("content-type") ?? "";
  if (response.ok && /^text\/event-stream\b/i.test(type)) return { kind: "events", response };
  const json: ReadableStream<Uint8Array> | null = /^application\/json\b/i.test(type)
    ? response.body
    : null;
  if (json) return readJson(call, response, json);
  await response.body?.cancel();
  return {
    kind: "failed",
    error: response.ok ? { code: "upstream_bad_response" } : httpError(response.status),
  };
}

async function readJson(
  call: Call,
  response: Response,
  body: ReadableStream<Uint8Array>,
): Promise<UpstreamAnswer> {
  const declared = Number(response.headers.get("content-length") ?? Infinity);
  const limit =
    passesUnchanged(call.upstreamId, call.message, call.route) && response.ok
      ? READ_WHOLE_BYTES
      : MAX_RESPONSE_BYTES;
  if (declared !== Infinity && !response.headers.has("content-encoding")) {
    if (declared <= limit) return readDeclared(call, response);
    if (declared <= MAX_RESPONSE_BYTES) return { kind: "bytes", body, length: declared };
    await body.cancel();
    return { kind: "failed", error: { code: "upstream_too_large" } };
  }
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      call.touch(false);
      chunks.push(value);
      length += value.byteLength;
      if (length > MAX_RESPONSE_BYTES) {
        await reader.cancel();
        return { kind: "failed", error: { code: "upstream_too_large" } };
      }
      if (length > limit) return { kind: "chunks", stream: resume(chunks, reader, call.signal) };
    }
  } catch {
    return { kind: "failed", error: { code: "upstream_unreachable" } };
  }
  return toAnswer(call, response, decodeAll(chunks));
}

async function readDeclared(call: Call, response: Response): Promise<UpstreamAnswer> {
  try {
    return toAnswer(call, response, await response.text());
  } catch {
    return { kind: "failed", error: { code: "upstream_unreachable" } };
  }
}

function toAnswer(call: Call, response: Response, text: string): UpstreamAnswer {
  const message = readUpstreamMessage(text, call.upstreamId, call.message, call.route);
  if (message.kind === "reply" && (response.ok || message.rpcCode !== null)) {
    return { kind: "message", reply: message, httpStatus: statusFor(call, response) };
  }
  return {
    kind: "failed",
    error: response.ok ? { code: "upstream_bad_response" } : httpError(response.status),
  };
}

/** Protocol errors of the modern era have statuses of their own; other statuses are between the gateway and the server. */
function statusFor(call: Call, response: Response): number {
  const both = call.message.era === "modern" && call.route.endpoint.era === "modern";
  return both && (response.status === 400 || response.status === 404) ? response.status : 200;
}
