import {
  CALL_STREAM_LIMITS,
  LISTENER_STREAM_LIMITS,
  MAX_RESPONSE_BYTES,
  SESSION_STREAM_OPEN_MS,
} from "../../contract/limits.ts";
import type { SuspendedCallState } from "../../contract/rpc/suspended-call.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { withTimeout } from "../../runtime/with-timeout.ts";
import {
  bytesOf,
  discardBody,
  guardedFetch,
  type FetchResult,
} from "../../upstream/guarded-fetch.ts";
import { isEventStream, isJson } from "../../upstream/open-stream.ts";
import { httpError } from "../../upstream/upstream-errors.ts";
import { reopenAt, UpstreamEvents, type EventsOptions } from "../../upstream/upstream-events.ts";
import {
  acquireLease,
  mustBeHeld,
  resumeSuspendedCall,
  startHeldCall,
} from "../elicitation/suspended-calls.ts";
import { readDeclared, readToEnd, type ReadBody } from "./byte-stream.ts";
import {
  checkSessionAfter,
  isSessionLost,
  readRefusal,
  readStart,
  renewSession,
  toHttpError,
  type SessionLost,
} from "./call-session.ts";
import type { Call } from "./call.ts";
import { sendOverHttpSse } from "./http-sse-call.ts";
import { readLargeBody, toUnchangedResponse } from "./large-response.ts";
import { findMissingScopes, refuseForScopes } from "./missing-scopes.ts";
import {
  explainKeyRefusal,
  failForToken,
  isTokenRefusal,
  readTokenRefusal,
  renewToken,
  type TokenRefused,
} from "./refused-token.ts";
import type { SessionStream } from "./session-stream.ts";
import { readCallMessage } from "./task-ids.ts";
import { isPassedUnchanged } from "./upstream-message.ts";
import { toUpstreamRequest, type RoundTrip, type UpstreamRequest } from "./upstream-request.ts";
import type { Reply, UpstreamResponse } from "./upstream-response.ts";

/** Responses of declared length up to this are parsed; larger ones that need no change are checked by their outline. */
const MAX_PARSED_BYTES = 256 * 1024;

/** What an attempt came to. */
type Sent = UpstreamResponse | SessionLost | TokenRefused;

/** Statuses with which servers refuse a call or its session. */
const REFUSALS = new Set([400, 401, 403, 404, 409, 410, 422]);

/**
 * Sends the call to its server. It is sent again once where it is certain that the server has not begun it: it does not
 * know the session, refuses the access token, or rejects the parameter headers. The audit row then says why.
 */
export async function callUpstream(
  call: Call,
  session: SessionStream | null,
  round?: RoundTrip,
): Promise<UpstreamResponse> {
  const refused = mustBeHeld(call) ? await acquireLease(call, "unsent") : null;
  if (refused) return { kind: "failed", error: { code: "too_many_suspended_calls" } };
  if (call.route.endpoint.stateful && call.sessionId === null) {
    const failure = await renewSession(call, null);
    if (failure) return explainKeyRefusal(call, failure);
  }
  // Messages that the server sends before the stream is open are lost.
  if (session) await withTimeout(session.open(), SESSION_STREAM_OPEN_MS);
  const response = await sendToUpstream(call, session, round);
  if (isHeaderMismatch(call, response) && (await renewParamHeaders(call))) {
    call.sendAgain("header_mismatch");
    return toFinalResponse(await sendToUpstream(call, session, round));
  }
  if (response.kind === "token_refused" && (await renewToken(call))) {
    call.sendAgain("token_refused");
    return toFinalResponse(await sendToUpstream(call, session, round));
  }
  if (response.kind === "token_refused") return failForToken(call, response.error);
  if (response.kind !== "session_lost") {
    await checkSessionAfter(call, toFailureWords(response));
    return explainKeyRefusal(call, response);
  }
  const failure = await renewSession(call, call.sessionId);
  if (failure) return failure;
  if (session) await withTimeout(session.open(), SESSION_STREAM_OPEN_MS);
  call.sendAgain("session_lost");
  return toFinalResponse(await sendToUpstream(call, session, round));
}

/** The server's words in a response that fails; empty: it does not fail, or has none. */
function toFailureWords(response: UpstreamResponse): string {
  if (response.kind === "message") return response.reply.rpcError?.message ?? "";
  return response.kind === "failed" ? (response.error.message ?? "") : "";
}

function toFinalResponse(response: Sent): UpstreamResponse {
  if (response.kind === "token_refused") return { kind: "failed", error: response.error };
  if (response.kind !== "session_lost") return response;
  const { status, reply } = response;
  if (reply) return { kind: "message", reply, httpStatus: 200 };
  return {
    kind: "failed",
    error: status < 400 ? { code: "upstream_bad_response" } : httpError(status),
  };
}

/** Whether the server rejected the call's parameter headers: the tool's schema has changed since it was fetched. */
function isHeaderMismatch(call: Call, response: { kind: string; reply?: Reply | null }): boolean {
  return (
    call.route.endpoint.era === "modern" &&
    call.message.method === "tools/call" &&
    response.reply?.rpcError?.code === ERROR.headerMismatch
  );
}

/** Has the Workspace fetch the server's tools again. Returns whether the call's parameter headers have changed. */
async function renewParamHeaders(call: Call): Promise<boolean> {
  const { route, context } = call;
  const paramHeaders = await workspacesOf(context.env)
    .getByName(context.slug)
    .renewParamHeaders(route.endpoint.serverId, route.target ?? "")
    .catch((error: unknown) => {
      logFailure("param_headers_failed", error, { workspace: context.slug });
      return route.paramHeaders;
    });
  if (JSON.stringify(paramHeaders) === JSON.stringify(route.paramHeaders)) return false;
  call.reroute({ paramHeaders });
  return true;
}

/** Continues a suspended call with the client's responses in this request; null: it does not exist any more. */
export async function continueSuspendedCall(
  call: Call,
  state: SuspendedCallState,
): Promise<UpstreamResponse | null> {
  const response = await resumeSuspendedCall(call, state);
  if (!response) return null;
  call.receiveBytes();
  return toEvents(call, response, { isRelayed: true });
}

async function sendToUpstream(
  call: Call,
  session: SessionStream | null,
  round?: RoundTrip,
): Promise<Sent> {
  const request = toUpstreamRequest(call.message, call.route, call.sessionId, round);
  call.startAttempt(request);
  const fetched = await transmit(call, request);
  if (!fetched) return { kind: "failed", error: { code: "unknown_task" } };
  if (!fetched.ok) return { kind: "failed", error: fetched.error };
  const { response } = fetched;
  call.receiveBytes();
  if (isTokenRefusal(call, response)) return readTokenRefusal(call, response);
  const missing = findMissingScopes(call, response);
  if (missing) return refuseForScopes(call, response, missing);
  if (call.sessionId !== null && REFUSALS.has(response.status)) return readRefusal(call, response);
  if (response.ok && isEventStream(response)) {
    const { endpoint } = call.route;
    if (call.lease || endpoint.transport === "sse")
      return toEvents(call, response, { isRelayed: true });
    const reopen =
      endpoint.era === "legacy" ? reopenAt(endpoint, call.sessionId, call.upstreamOptions) : null;
    const opened = toEvents(call, response, { reopen });
    const lost =
      opened.kind === "events" ? await findLostSession(call, opened.events, session) : null;
    return lost ?? opened;
  }
  if (isJson(response)) return readJson(call, response);
  if (!response.ok) {
    const text = await readStart(response);
    return { kind: "failed", error: toHttpError(call, response, text) };
  }
  await response.body?.cancel();
  return { kind: "failed", error: { code: "upstream_bad_response" } };
}

/**
 * The one place where a call is sent: by a SuspendedCall object, in an HTTP+SSE session, or directly. Null: the call is
 * about a task that has ended with its connection.
 */
async function transmit(call: Call, request: UpstreamRequest): Promise<FetchResult | null> {
  const { endpoint } = call.route;
  if (call.lease) return startHeldCall(call, request, call.lease);
  const { body, headers } = request;
  if (endpoint.transport === "sse") return sendOverHttpSse(call, request);
  // Without a signal, which would cost every call: an abandoned request ends with its invocation.
  const init = { method: "POST", headers, body } as const;
  return guardedFetch(endpoint.url, init, call.upstreamOptions, null);
}

/**
 * Whether the first message of an event stream says that the call's session is lost. The message stays on the stream. A
 * session that sends a message on its own stream is not lost, and the call's stream can wait for the client's response.
 */
async function findLostSession(
  call: Call,
  events: UpstreamEvents,
  session: SessionStream | null,
): Promise<SessionLost | null> {
  if (call.sessionId === null) return null;
  call.signal.addEventListener("abort", () => events.cancel(), { once: true });
  const first = await Promise.race([
    events.peek(),
    ...(session ? [session.firstMessageArrived] : []),
  ]);
  if (first === "session_message" || "code" in first) return null;
  const message = readCallMessage(call, first.data);
  if (!(await isSessionLost(call, message, first.data))) {
    if (message.kind === "response") await checkSessionAfter(call, message.rpcError?.message ?? "");
    return null;
  }
  events.cancel();
  return { kind: "session_lost", status: 200, reply: message.kind === "response" ? message : null };
}

function toEvents(call: Call, response: Response, options: EventsOptions): UpstreamResponse {
  const body = bytesOf(response);
  if (!body) return { kind: "failed", error: { code: "upstream_bad_response" } };
  // A subscription lives as long as its client.
  const isListening = call.message.method === "subscriptions/listen";
  const limits = isListening ? LISTENER_STREAM_LIMITS : CALL_STREAM_LIMITS;
  const onBytes = () => call.receiveBytes();
  const events = new UpstreamEvents(body, call.redactor, { ...options, limits, onBytes });
  return { kind: "events", events };
}

async function readJson(call: Call, response: Response): Promise<UpstreamResponse | SessionLost> {
  const declared = Number(response.headers.get("content-length") ?? Infinity);
  const isDeclared = declared !== Infinity && !response.headers.has("content-encoding");
  if (isDeclared && declared > MAX_RESPONSE_BYTES) {
    await discardBody(response);
    return { kind: "failed", error: { code: "upstream_too_large" } };
  }
  const canPass = response.ok && isPassedUnchanged(call.upstreamId, call.message, call.route);
  if (isDeclared && declared > MAX_PARSED_BYTES && canPass)
    return readLarge(call, response, declared);
  const body = bytesOf(response);
  if (!body) return { kind: "failed", error: { code: "upstream_bad_response" } };
  const onBytes = () => call.receiveBytes();
  const read = await (isDeclared
    ? readDeclared(body.getReader({ mode: "byob" }), declared, onBytes)
    : readToEnd(body, onBytes));
  return toResponse(call, response, read);
}

async function readLarge(
  call: Call,
  response: Response,
  length: number,
): Promise<UpstreamResponse | SessionLost> {
  const bytes = await readLargeBody(call, response);
  if (!bytes || bytes.length < length)
    return { kind: "failed", error: { code: "upstream_unreachable" } };
  const unchanged = toUnchangedResponse(call, bytes);
  return (
    unchanged ?? toResponse(call, response, { ok: true, text: new TextDecoder().decode(bytes) })
  );
}

async function toResponse(
  call: Call,
  response: Response,
  read: ReadBody,
): Promise<UpstreamResponse | SessionLost> {
  if (!read.ok) return { kind: "failed", error: { code: read.code } };
  const text = call.redact(read.text);
  const message = readCallMessage(call, text);
  if (response.ok && call.sessionId !== null && (await isSessionLost(call, message, text))) {
    const reply = message.kind === "response" ? message : null;
    return { kind: "session_lost", status: response.status, reply };
  }
  if (message.kind === "input_required") return message;
  if (message.kind === "failed") return { kind: "failed", error: message };
  if (message.kind === "response" && (response.ok || message.rpcError !== null)) {
    return { kind: "message", reply: message, httpStatus: toHttpStatus(call, response) };
  }
  return {
    kind: "failed",
    error: response.ok ? { code: "upstream_bad_response" } : toHttpError(call, response, text),
  };
}

/** The HTTP status for the client: between modern peers protocol errors have statuses; all others are not relayed. */
function toHttpStatus(call: Call, response: Response): number {
  const areModern = call.message.era === "modern" && call.route.endpoint.era === "modern";
  return areModern && (response.status === 400 || response.status === 404) ? response.status : 200;
}
