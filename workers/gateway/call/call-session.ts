import { ByteBuffer } from "../../mcp/byte-buffer.ts";
import { isObject, parseObject } from "../../mcp/json.ts";
import { bytesOf } from "../../upstream/guarded-fetch.ts";
import { sendRequest } from "../../upstream/json-rpc.ts";
import {
  isLostSessionError,
  isSessionTaken,
  namesLostSession,
} from "../../upstream/session-loss.ts";
import { httpError } from "../../upstream/upstream-errors.ts";
import { openUpstreamSession } from "../../upstream/upstream-sessions.ts";
import type { Call } from "./call.ts";
import { readCallMessage } from "./task-ids.ts";
import type { UpstreamMessage } from "./upstream-message.ts";
import type { UpstreamResponse } from "./upstream-response.ts";

/** The server does not know the call's session, and has not begun the call. */
export type SessionLost = { kind: "session_lost"; status: number };

/** Most bytes of a refusal that are read. */
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
  const workspace = call.context.env.WORKSPACES.getByName(call.context.slug);
  const shared = await workspace.saveSession(endpoint.serverId, sessionOwner, own, lost);
  if (!opened.ok && shared === null) return { kind: "failed", error: opened.error };
  call.bindSession(shared);
  return null;
}

/** Whether a response to a call on a session, sent as JSON or in an event stream, says that the session is lost. */
export function isSessionLost(message: UpstreamMessage, text: string): boolean {
  if (message.kind === "response")
    return message.rpcError !== null && isLostSessionError(message.rpcError);
  if (message.kind !== "foreign") return false;
  const body = parseObject(text);
  const hasNoId = body !== null && (body["id"] === null || body["id"] === undefined);
  return hasNoId && namesLostSession(toMessage(text));
}

/**
 * Reads the 4xx response to a call on a session. A JSON-RPC error with the call's id is the answer, whatever the status.
 * A 404 without one, and words that name it, mean that the session is lost. What remains is the server's refusal of this
 * call; if the session does not answer a ping either, the next call gets a new one.
 */
export async function readRefusal(
  call: Call,
  response: Response,
): Promise<UpstreamResponse | SessionLost> {
  const { status } = response;
  const text = await readStart(response);
  const message = readCallMessage(call, text);
  if (isSessionLost(message, text)) return { kind: "session_lost", status };
  if (message.kind === "response") return { kind: "message", reply: message, httpStatus: 200 };
  if (status === 404 || namesLostSession(toMessage(text))) return { kind: "session_lost", status };
  const failure = { kind: "failed", error: httpError(status) } as const;
  if (await answersPing(call)) return failure;
  return (await renewSession(call, call.sessionId)) ?? failure;
}

async function answersPing(call: Call): Promise<boolean> {
  const { endpoint } = call.route;
  const { protocolVersion } = endpoint;
  const state = { era: "legacy", protocolVersion, sessionId: call.sessionId } as const;
  const request = { method: "ping", params: {} };
  const ping = await sendRequest(endpoint, request, state, call.upstreamOptions);
  return ping.ok || ping.error.status === undefined;
}

/** The message of a JSON error, or the text itself. */
function toMessage(text: string): string {
  const body = parseObject(text);
  const error = isObject(body?.["error"]) ? body["error"]["message"] : body?.["error"];
  const message = error ?? body?.["message"];
  return typeof message === "string" ? message : text;
}

/** The first 64 KB of a body as text. */
export async function readStart(response: Response): Promise<string> {
  const start = new ByteBuffer(MAX_REFUSAL_BYTES);
  const body = bytesOf(response);
  try {
    // Leaving the loop cancels the body.
    if (body) for await (const chunk of body) if (!start.append(chunk)) break;
  } catch {
    // Only the upstream's connection fails here; what has arrived is read.
  }
  return start.takeText();
}
