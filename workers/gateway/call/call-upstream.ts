import { MAX_RESPONSE_BYTES, SESSION_STREAM_OPEN_MS } from "../../contract/limits.ts";
import type { SuspendedCallState } from "../../contract/rpc/suspended-call.ts";
import { ERROR } from "../../mcp/protocol.ts";
import type { InputRequired } from "../../mcp/translate/elicitation.ts";
import { logFailure } from "../../runtime/log.ts";
import { withTimeout } from "../../runtime/with-timeout.ts";
import { bytesOf, guardedFetch, type FetchResult } from "../../upstream/guarded-fetch.ts";
import { isEventStream, isJson } from "../../upstream/open-stream.ts";
import { httpError } from "../../upstream/upstream-errors.ts";
import { reopenAt, UpstreamEvents, type EventsOptions } from "../../upstream/upstream-events.ts";
import { openUpstreamSession } from "../../upstream/upstream-sessions.ts";
import {
  acquireLease,
  startSuspendableCall,
  mustBeSuspendable,
  resumeSuspendedCall,
} from "../elicitation/suspended-calls.ts";
import { readDeclared, readToEnd } from "./byte-stream.ts";
import type { Call, FailureCode } from "./call.ts";
import { sendOverHttpSse } from "./http-sse-call.ts";
import type { SessionStream } from "./session-stream.ts";
import { readCallMessage } from "./task-ids.ts";
import { isPassedUnchanged, type UpstreamMessage } from "./upstream-message.ts";
import { toUpstreamRequest, type RoundTrip, type UpstreamRequest } from "./upstream-request.ts";

/** Responses of declared length up to this are read and checked; larger ones that need no change are relayed unread. */
const MAX_CHECKED_BYTES = 256 * 1024;

type Reply = Extract<UpstreamMessage, { kind: "response" }>;

/** The server has lost the call's session, or refuses it. */
type SessionLost = { kind: "session_lost"; status: number };

/** An upstream's response to a call, or the gateway's failure to get one. */
export type UpstreamResponse =
  | { kind: "message"; reply: Reply; httpStatus: number }
  /** A large body of declared length, to be relayed unread. */
  | { kind: "bytes"; body: ReadableStream<Uint8Array>; length: number }
  | { kind: "events"; events: UpstreamEvents }
  | { kind: "input_required"; inputRequired: InputRequired }
  | { kind: "failed"; error: { code: FailureCode } };

/**
 * Sends the call to its server. It is repeated once if the server has lost the session, or rejects its parameter
 * headers.
 */
export async function callUpstream(
  call: Call,
  session: SessionStream | null,
  round?: RoundTrip,
): Promise<UpstreamResponse> {
  const { endpoint } = call.route;
  const refused = mustBeSuspendable(call) ? await acquireLease(call) : null;
  if (refused) return { kind: "failed", error: refused };
  if (endpoint.stateful && call.sessionId === null) {
    const failure = await renewSession(call, null);
    if (failure) return failure;
  }
  // Messages that the server sends before the stream is open are lost.
  if (session) await withTimeout(session.open(), SESSION_STREAM_OPEN_MS);
  const response = await sendToUpstream(call, round);
  if (isHeaderMismatch(call, response) && (await renewParamHeaders(call)))
    return toFinalResponse(await sendToUpstream(call, round));
  if (response.kind !== "session_lost") return response;
  const failure = await renewSession(call, call.sessionId);
  if (failure) return failure;
  if (session) await withTimeout(session.open(), SESSION_STREAM_OPEN_MS);
  return toFinalResponse(await sendToUpstream(call, round));
}

function toFinalResponse(response: UpstreamResponse | SessionLost): UpstreamResponse {
  return response.kind === "session_lost"
    ? { kind: "failed", error: httpError(response.status) }
    : response;
}

/** Whether the server rejected the call's parameter headers: the tool's schema has changed since it was fetched. */
function isHeaderMismatch(call: Call, response: { kind: string; reply?: Reply }): boolean {
  return (
    call.route.endpoint.era === "modern" &&
    call.message.method === "tools/call" &&
    response.reply?.rpcCode === ERROR.headerMismatch
  );
}

/** Has the Workspace fetch the server's tools again. Returns whether the call's parameter headers have changed. */
async function renewParamHeaders(call: Call): Promise<boolean> {
  const { route, context } = call;
  const paramHeaders = await context.env.WORKSPACES.getByName(context.slug)
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

/** Opens an upstream session, which the token owner's other calls share. Returns the failure, if any. */
async function renewSession(call: Call, lost: string | null): Promise<UpstreamResponse | null> {
  const { endpoint, sessionOwner } = call.route;
  const opened = await openUpstreamSession(
    endpoint,
    call.upstreamOptions,
    call.message.clientCapabilities,
  );
  if (!opened.ok) return { kind: "failed", error: opened.error };
  const { sessionId } = opened.session;
  const isShared = sessionId !== null && !call.lease?.ownsSession;
  const { env, slug } = call.context;
  call.bindSession(
    isShared
      ? await env.WORKSPACES.getByName(slug).saveSession(
          endpoint.serverId,
          sessionOwner,
          sessionId,
          lost,
        )
      : sessionId,
  );
  return null;
}

async function sendToUpstream(
  call: Call,
  round?: RoundTrip,
): Promise<UpstreamResponse | SessionLost> {
  const request = toUpstreamRequest(call.message, call.route, call.sessionId, round);
  call.startAttempt(request);
  const fetched = await transmit(call, request);
  if (!fetched.ok) return { kind: "failed", error: fetched.error };
  const { response } = fetched;
  call.receiveBytes();
  // 404 means that the server has lost the session; many servers send 400 instead after a restart.
  const isRefused = response.status === 404 || response.status === 400;
  if (isRefused && call.sessionId !== null) {
    await response.body?.cancel();
    return { kind: "session_lost", status: response.status };
  }
  if (response.ok && isEventStream(response)) {
    const { endpoint } = call.route;
    if (call.lease || endpoint.transport === "sse")
      return toEvents(call, response, { isRelayed: true });
    const reopen =
      endpoint.era === "legacy" ? reopenAt(endpoint, call.sessionId, call.upstreamOptions) : null;
    return toEvents(call, response, { reopen });
  }
  if (isJson(response)) return readJson(call, response);
  await response.body?.cancel();
  return {
    kind: "failed",
    error: response.ok ? { code: "upstream_bad_response" } : httpError(response.status),
  };
}

/** The one place where a call is sent: by a SuspendedCall object, in an HTTP+SSE session, or directly. */
async function transmit(call: Call, request: UpstreamRequest): Promise<FetchResult> {
  const { endpoint } = call.route;
  if (call.lease) return startSuspendableCall(call, request, call.lease);
  const { body, headers } = request;
  if (endpoint.transport === "sse") return sendOverHttpSse(call, request);
  // Without a signal, which would cost every call: an abandoned request ends with its invocation.
  const init = { method: "POST", headers, body } as const;
  return guardedFetch(endpoint.url, init, call.upstreamOptions, null);
}

function toEvents(call: Call, response: Response, options: EventsOptions): UpstreamResponse {
  const body = bytesOf(response);
  if (!body) return { kind: "failed", error: { code: "upstream_bad_response" } };
  const events = new UpstreamEvents(body, { ...options, onBytes: () => call.receiveBytes() });
  return { kind: "events", events };
}

async function readJson(call: Call, response: Response): Promise<UpstreamResponse> {
  const declared = Number(response.headers.get("content-length") ?? Infinity);
  const limit =
    isPassedUnchanged(call.upstreamId, call.message, call.route) && response.ok
      ? MAX_CHECKED_BYTES
      : MAX_RESPONSE_BYTES;
  const isDeclared = declared !== Infinity && !response.headers.has("content-encoding");
  const body = bytesOf(response);
  if (!body) return { kind: "failed", error: { code: "upstream_bad_response" } };
  if (isDeclared && declared > MAX_RESPONSE_BYTES) {
    await body.cancel();
    return { kind: "failed", error: { code: "upstream_too_large" } };
  }
  if (isDeclared && declared > limit) return { kind: "bytes", body, length: declared };
  const onBytes = () => call.receiveBytes();
  // A body of unknown length is read first: one that is too large can get no error once a part of it is relayed.
  const read = await (isDeclared
    ? readDeclared(body, declared, onBytes)
    : readToEnd(body, onBytes));
  return read.ok
    ? toResponse(call, response, read.text)
    : { kind: "failed", error: { code: read.code } };
}

function toResponse(call: Call, response: Response, text: string): UpstreamResponse {
  const message = readCallMessage(call, text);
  if (message.kind === "input_required") return message;
  if (message.kind === "failed") return { kind: "failed", error: message };
  if (message.kind === "response" && (response.ok || message.rpcCode !== null)) {
    return { kind: "message", reply: message, httpStatus: toHttpStatus(call, response) };
  }
  return {
    kind: "failed",
    error: response.ok ? { code: "upstream_bad_response" } : httpError(response.status),
  };
}

/** The HTTP status for the client: between modern peers protocol errors have statuses; all others are not relayed. */
function toHttpStatus(call: Call, response: Response): number {
  const areModern = call.message.era === "modern" && call.route.endpoint.era === "modern";
  return areModern && (response.status === 400 || response.status === 404) ? response.status : 200;
}
