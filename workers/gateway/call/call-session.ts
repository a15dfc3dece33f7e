import { MAX_RESPONSE_BYTES } from "../../contract/limits.ts";
import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import { ByteBuffer } from "../../mcp/byte-buffer.ts";
import { isObject, parseJson } from "../../mcp/json.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { bytesOf } from "../../upstream/guarded-fetch.ts";
import { sendRequest } from "../../upstream/json-rpc.ts";
import { isEventStream } from "../../upstream/open-stream.ts";
import { findMessage, quoteServer } from "../../upstream/server-message.ts";
import { isSessionTaken, mentionsSession, namesLostSession } from "../../upstream/session-loss.ts";
import { httpError } from "../../upstream/upstream-errors.ts";
import { UpstreamEvents } from "../../upstream/upstream-events.ts";
import { openUpstreamSession } from "../../upstream/upstream-sessions.ts";
import type { Call } from "./call.ts";
import { readCallMessage } from "./task-ids.ts";
import type { UpstreamMessage } from "./upstream-message.ts";
import type { Reply, UpstreamResponse } from "./upstream-response.ts";

/** The server does not know the call's session, and has not begun the call. */
export type SessionLost = { kind: "session_lost"; status: number; reply: Reply | null };

/** Most bytes of an HTTP error that are read for its words. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Opens an upstream session, which the token owner's other calls share. Returns the failure, if any. */
export async function renewSession(
  call: Call,
  lost: string | null,
): Promise<UpstreamResponse | null> {
  const { endpoint, sessionOwner } = call.route;
  const { protocolVersion, accepted } = endpoint;
  const capabilities = call.message.clientCapabilities;
  const offer = { capabilities, protocolVersion, accepted };
  const opened = await openUpstreamSession(endpoint, call.upstreamOptions, offer);
  if (!opened.ok && !isSessionTaken(opened)) return { kind: "failed", error: opened.error };
  const own = opened.ok ? opened.session.sessionId : null;
  if (opened.ok && (own === null || call.lease?.ownsSession)) {
    call.bindSession(own);
    return null;
  }
  const workspace = workspacesOf(call.context.env).getByName(call.context.slug);
  const shared = await workspace.saveSession(endpoint.serverId, sessionOwner, own, lost);
  if (!opened.ok && shared === null) return { kind: "failed", error: opened.error };
  call.bindSession(shared);
  return null;
}

/**
 * Whether a response to a call on a session says that the session is lost, and the session does not answer a ping either:
 * then the server has certainly not begun the call.
 */
export async function isSessionLost(
  call: Call,
  message: UpstreamMessage,
  text: string,
): Promise<boolean> {
  const isNamed =
    message.kind === "response"
      ? message.rpcError !== null && namesLostSession(message.rpcError.message)
      : message.kind === "foreign" && !carriesId(text, call) && namesLostSession(findMessage(text));
  return isNamed && !(await answersPing(call));
}

/**
 * Reads the 4xx response to a call on a session. A JSON-RPC error with the call's id is the answer, whatever the status.
 * A 404 without one, and words that name it, mean that the session is lost, if it does not answer a ping either. What
 * remains is the server's refusal of this call; the next call gets a new session if this one does not answer.
 */
export async function readRefusal(
  call: Call,
  response: Response,
): Promise<UpstreamResponse | SessionLost> {
  const { status } = response;
  const text = call.redact(await readRefusalText(response));
  const message = readCallMessage(call, text);
  const reply = message.kind === "response" ? message : null;
  if (await isSessionLost(call, message, text)) return { kind: "session_lost", status, reply };
  if (reply) return { kind: "message", reply, httpStatus: 200 };
  const failure = {
    kind: "failed",
    error: toHttpError(call, response, text),
  } as const;
  // Of a refused credential, only the words say that it is about the session.
  const isCredential = (status === 401 || status === 403) && !/session/i.test(text);
  if (isCredential || carriesId(text, call) || (await answersPing(call))) return failure;
  if (status === 404) return { kind: "session_lost", status, reply };
  return (await renewSession(call, call.sessionId)) ?? failure;
}

/**
 * Checks the session after a failure that mentions it in whatever words. The call is not sent again, because the server
 * has read it. But the next call gets a new session, if this one does not answer a ping.
 */
export async function checkSessionAfter(call: Call, failure: string): Promise<void> {
  if (call.sessionId === null || call.lease || !mentionsSession(failure)) return;
  // The failure of a renewal is noticed by the next call.
  if (!(await answersPing(call, mentionsSession))) await renewSession(call, call.sessionId);
}

/** Whether a body carries the call's id, in whatever message: the server has read the call. */
export function carriesId(text: string, call: Call): boolean {
  const body = parseJson(text);
  return [body].flat().some((item) => isObject(item) && String(item["id"]) === call.upstreamId);
}

/**
 * Whether the server knows the session. A server that does not respond in time has not refused it. `isRefusal`: whether an
 * error's message refuses the session.
 */
async function answersPing(
  call: Call,
  isRefusal: (message: string) => boolean = namesLostSession,
): Promise<boolean> {
  const { endpoint } = call.route;
  const { protocolVersion } = endpoint;
  const state = { era: "legacy", protocolVersion, sessionId: call.sessionId } as const;
  const options = call.upstreamOptions;
  const firstByteMs = options.budgets.connectMs;
  const ping = await sendRequest(endpoint, { method: "ping", params: {} }, state, {
    ...options,
    budgets: { ...options.budgets, firstByteMs },
  });
  if (ping.ok) return true;
  if (ping.rpcError) return !isRefusal(ping.rpcError.message);
  return ping.error.status === undefined;
}

/** The text of a refusal; of an event stream, that of its first message. */
async function readRefusalText(response: Response): Promise<string> {
  const body = isEventStream(response) ? bytesOf(response) : null;
  if (!body) return readStart(response, MAX_RESPONSE_BYTES);
  // The caller redacts the text.
  const events = new UpstreamEvents(body, null);
  const first = await events.next();
  events.cancel();
  return "data" in first ? first.data : "";
}

/** The error of a response with an HTTP error; its words can say more than the status. */
export function toHttpError(call: Call, { status }: Response, text: string): UpstreamError {
  return httpError(status, quoteServer(findMessage(text), call.route.endpoint));
}

/** The beginning of a body as text. */
export async function readStart(response: Response, maxBytes = MAX_REFUSAL_BYTES): Promise<string> {
  const start = new ByteBuffer(maxBytes);
  const body = bytesOf(response);
  try {
    // Leaving the loop cancels the body.
    if (body) for await (const chunk of body) if (!start.append(chunk)) break;
  } catch {
    // Only the upstream's connection fails here; what has arrived is read.
  }
  return start.takeText();
}
