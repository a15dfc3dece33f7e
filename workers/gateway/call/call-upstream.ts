import { MAX_RESPONSE_BYTES } from "../../contract/limits.ts";
import type { SuspendedCallState } from "../../contract/rpc/suspended-call.ts";
import { ERROR } from "../../mcp/protocol.ts";
import type { InputRequired } from "../../mcp/translate/elicitation.ts";
import {
  bytesOf,
  guardedFetch,
  httpError,
  type FetchResult,
} from "../../upstream/guarded-fetch.ts";
import { sendOverSse } from "../../upstream/http-sse.ts";
import { withTimeout } from "../../upstream/json-rpc.ts";
import { reopenAt, UpstreamEvents, type Reopen } from "../../upstream/upstream-events.ts";
import { openUpstreamSession } from "../../upstream/upstream-sessions.ts";
import {
  acquireLease,
  startSuspendableCall,
  mustBeSuspendable,
  resumeSuspendedCall,
} from "../elicitation/suspended-calls.ts";
import { decodeAll, resume } from "./byte-stream.ts";
import type { Call, FailureCode } from "./call.ts";
import type { SessionStream } from "./session-stream.ts";
import {
  isPassedUnchanged,
  readUpstreamMessage,
  type UpstreamMessage,
} from "./upstream-message.ts";
import { toUpstreamRequest, type RoundTrip, type UpstreamRequest } from "./upstream-request.ts";

/** Answers up to this size are read whole and checked; larger ones that need no change pass unread. */
const READ_WHOLE_BYTES = 256 * 1024;
/** A server that keeps its session's stream waiting for longer has nothing to say on it, or says it too late. */
const SESSION_STREAM_WITHIN_MS = 1_000;

type Reply = Extract<UpstreamMessage, { kind: "response" }>;

/** The server does not know the call's session, or refuses what comes with it. */
type SessionLost = { kind: "session_lost"; status: number };

export type UpstreamResponse =
  | { kind: "message"; reply: Reply; httpStatus: number }
  /** A large body of declared length, to be passed on unread. */
  | { kind: "bytes"; body: ReadableStream<Uint8Array>; length: number }
  /** A large body of unknown length, to be counted while it is passed on. */
  | { kind: "chunks"; stream: AsyncIterable<Uint8Array> }
  | { kind: "events"; events: UpstreamEvents }
  | { kind: "input_required"; inputRequired: InputRequired }
  | { kind: "failed"; error: { code: FailureCode } };

/** Sends the call to its server, once; only a session that the server has forgotten is opened anew and the call repeated. */
export async function callUpstream(
  call: Call,
  session: SessionStream | null,
  round?: RoundTrip,
): Promise<UpstreamResponse> {
  const { endpoint } = call.route;
  const refused = mustBeSuspendable(call) ? await acquireLease(call) : null;
  if (refused) return { kind: "failed", error: refused };
  if (endpoint.stateful && call.sessionId === null) {
    const opened = await renewSession(call, null);
    if (opened) return opened;
  }
  // It must be there when the server has something to say on it: what is said before is lost.
  if (session) await withTimeout(session.open(), SESSION_STREAM_WITHIN_MS);
  const answer = await send(call, round);
  if (saysHeadersAreStale(call, answer) && (await renewParamHeaders(call)))
    return asFinal(await send(call, round));
  if (answer.kind !== "session_lost") return answer;
  const renewed = await renewSession(call, call.sessionId);
  if (renewed) return renewed;
  if (session) await withTimeout(session.open(), SESSION_STREAM_WITHIN_MS);
  return asFinal(await send(call, round));
}

function asFinal(answer: UpstreamResponse | SessionLost): UpstreamResponse {
  return answer.kind === "session_lost"
    ? { kind: "failed", error: httpError(answer.status) }
    : answer;
}

/** Whether the server refused the call, before anything was done, for headers that its tool's schema asks for by now. */
function saysHeadersAreStale(call: Call, answer: { kind: string; reply?: Reply }): boolean {
  return (
    call.route.endpoint.era === "modern" &&
    call.message.method === "tools/call" &&
    answer.reply?.rpcCode === ERROR.headerMismatch
  );
}

/** Has the server's tools listed anew; true when the call's headers will be others now. */
async function renewParamHeaders(call: Call): Promise<boolean> {
  const { route, context } = call;
  const paramHeaders = await context.env.WORKSPACES.getByName(context.slug)
    .renewParamHeaders(route.endpoint.serverId, route.target ?? "")
    .catch(() => route.paramHeaders);
  if (JSON.stringify(paramHeaders) === JSON.stringify(route.paramHeaders)) return false;
  call.route = { ...route, paramHeaders };
  return true;
}

/** Goes on with a call whose server waits for the client's answers; they come with this request. */
export async function continueSuspendedCall(
  call: Call,
  state: SuspendedCallState,
): Promise<UpstreamResponse | null> {
  const response = await resumeSuspendedCall(call, state);
  return response && toEvents(call, response, null);
}

/** Opens a session for the call's principal and shares it with the principal's other calls. Returns the failure, if any. */
async function renewSession(call: Call, lost: string | null): Promise<UpstreamResponse | null> {
  const { endpoint, sessionOwner } = call.route;
  const opened = await openUpstreamSession(
    endpoint,
    call.upstreamOptions,
    call.message.clientCapabilities,
  );
  if (!opened.ok) return { kind: "failed", error: opened.error };
  const { sessionId } = opened.session;
  call.sessionId =
    call.lease?.ownsSession || sessionId === null
      ? sessionId
      : await call.context.env.WORKSPACES.getByName(call.context.slug).saveSession(
          endpoint.serverId,
          sessionOwner,
          sessionId,
          lost,
        );
  return null;
}

async function send(call: Call, round?: RoundTrip): Promise<UpstreamResponse | SessionLost> {
  const request = toUpstreamRequest(call.message, call.route, call.sessionId, round);
  call.upstreamId = request.id;
  call.progressToken = request.progressToken;
  const fetched = await transmit(call, request);
  if (!fetched.ok) return { kind: "failed", error: fetched.error };
  const { response } = fetched;
  call.touch(false);
  // 404 is what a server says that has forgotten a session; many, restarted, say 400.
  const isRefused = response.status === 404 || response.status === 400;
  if (isRefused && call.sessionId !== null) {
    await response.body?.cancel();
    return { kind: "session_lost", status: response.status };
  }
  const type = response.headers.get("content-type") ?? "";
  if (response.ok && /^text\/event-stream\b/i.test(type)) {
    const { endpoint } = call.route;
    const reopen =
      endpoint.era === "legacy" && endpoint.transport === "streamable-http"
        ? reopenAt(endpoint, call.sessionId, call.upstreamOptions)
        : null;
    return toEvents(call, response, reopen);
  }
  if (/^application\/json\b/i.test(type)) return readJson(call, response);
  await response.body?.cancel();
  return {
    kind: "failed",
    error: response.ok ? { code: "upstream_bad_response" } : httpError(response.status),
  };
}

/** The one place where a call leaves: by an object that can hold it, by HTTP+SSE, or straight. */
async function transmit(call: Call, request: UpstreamRequest): Promise<FetchResult> {
  const { endpoint } = call.route;
  if (call.lease) return startSuspendableCall(call, request, call.lease);
  const { body, headers } = request;
  if (endpoint.transport === "sse") {
    const { clientCapabilities } = call.message;
    const sent = await sendOverSse(
      endpoint,
      body,
      request.id,
      call.upstreamOptions,
      clientCapabilities,
    );
    if (sent.ok) call.messageUrl = sent.messageUrl;
    return sent;
  }
  // No signal: it would cost every call, and a request that nobody waits for ends with its invocation.
  const options = { ...call.upstreamOptions, firstByteMs: null };
  return guardedFetch(endpoint.url, { method: "POST", headers, body }, options);
}

function toEvents(call: Call, response: Response, reopen: Reopen | null): UpstreamResponse {
  const body = bytesOf(response);
  call.touch(false);
  return body
    ? { kind: "events", events: new UpstreamEvents(body, reopen) }
    : { kind: "failed", error: { code: "upstream_bad_response" } };
}

async function readJson(call: Call, response: Response): Promise<UpstreamResponse> {
  const declared = Number(response.headers.get("content-length") ?? Infinity);
  const limit =
    isPassedUnchanged(call.upstreamId, call.message, call.route) && response.ok
      ? READ_WHOLE_BYTES
      : MAX_RESPONSE_BYTES;
  const isDeclared = declared !== Infinity && !response.headers.has("content-encoding");
  if (isDeclared && declared <= limit) return readDeclared(call, response);
  const body = bytesOf(response);
  if (!body) return { kind: "failed", error: { code: "upstream_bad_response" } };
  if (isDeclared) {
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

async function readDeclared(call: Call, response: Response): Promise<UpstreamResponse> {
  try {
    return toAnswer(call, response, await response.text());
  } catch {
    return { kind: "failed", error: { code: "upstream_unreachable" } };
  }
}

function toAnswer(call: Call, response: Response, text: string): UpstreamResponse {
  const message = readUpstreamMessage(text, call.upstreamId, call.message, call.route);
  if (message.kind === "input_required") return message;
  if (message.kind === "response" && (response.ok || message.rpcCode !== null)) {
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
