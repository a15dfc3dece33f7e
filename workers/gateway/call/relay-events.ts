import {
  MAX_LOCAL_RESPONSES_PER_MINUTE,
  MAX_OPEN_SERVER_REQUESTS,
  REFRESH_INTERVAL_MS,
} from "../../contract/limits.ts";
import type { ListName } from "../../contract/rpc/notification-stream.ts";
import { supportsServerRequest } from "../../mcp/client-capabilities.ts";
import { formatCancelled, formatLocalResponse } from "../../mcp/json-rpc.ts";
import { editObject, RESPONSE_LIMITS, scanJson } from "../../mcp/json-scan.ts";
import { isObject, parseJson } from "../../mcp/json.ts";
import { isLogRequested } from "../../mcp/log-level.ts";
import type { InputRequired } from "../../mcp/translate/elicitation.ts";
import { findProgressToken, toClientProgress } from "../../mcp/translate/progress.ts";
import { findRelatedTask } from "../../mcp/translate/tasks.ts";
import { logFailure } from "../../runtime/log.ts";
import { MinuteCount } from "../../runtime/minute-count.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { Throttle } from "../../runtime/throttle.ts";
import { postMessage } from "../../upstream/json-rpc.ts";
import { MergedEvents, type MessageSource } from "../../upstream/merged-events.ts";
import { parseChangeNotification } from "../../upstream/notifications/change-listener.ts";
import type { UpstreamEvents } from "../../upstream/upstream-events.ts";
import { suspendCall, type OwnStream } from "../elicitation/first-request.ts";
import { sealServerRequestId } from "../elicitation/server-requests.ts";
import type { Call } from "./call.ts";
import { cancelOverHttpSse } from "./http-sse-call.ts";
import { readCallMessage, toClientMessage } from "./task-ids.ts";
import type { UpstreamMessage } from "./upstream-message.ts";

/** Sends one JSON-RPC text to the client. Throws when the client has disconnected. */
export type SendToClient = (text: string) => Promise<void>;

/** How an upstream's event stream ended. */
export type RelayResult =
  | { kind: "final"; text: string }
  | { kind: "input_required"; inputRequired: InputRequired }
  /** The client cancelled or its token was revoked: nothing is sent. */
  | { kind: "stopped" };

/** Longest id (JSON text) of a server request: a sealed longer one exceeds the limits of ids and headers on its way back. */
const MAX_SERVER_REQUEST_ID_LENGTH = 512;

/** The server requests that were sent to the client, for cancellation: sealed id by the server's id, both JSON texts. */
type SentRequests = Map<string, string>;

/** The messages of one stream of the call's server, on their way to the client. */
interface Relay {
  call: Call;
  sent: SentRequests;
  sendToClient: SendToClient;
  /** Reports changed lists to the Workspace object, which refreshes a server no more often. */
  changes: Throttle<ListName>;
  localResponses: MinuteCount;
  /** The last change notification: a flood repeats it, and it is not parsed again. */
  lastChange: { text: string; list: ListName } | null;
}

function makeRelay(call: Call, sendToClient: SendToClient): Relay {
  const changes = new Throttle<ListName>(REFRESH_INTERVAL_MS, (lists) =>
    reportListChanges(call, lists),
  );
  const localResponses = new MinuteCount(MAX_LOCAL_RESPONSES_PER_MINUTE);
  const sent: SentRequests = new Map();
  return { call, sent, sendToClient, changes, localResponses, lastChange: null };
}

/**
 * Relays an upstream's event stream to the client, message by message, up to the call's response. Notifications that do
 * not concern this client are dropped. Server requests go to this client or are refused. `session`: the session's own
 * stream of a modern client's call, whose first server request suspends the call.
 */
export async function relayEvents(
  call: Call,
  events: UpstreamEvents,
  sendToClient: SendToClient,
  session: OwnStream | null = null,
): Promise<RelayResult> {
  const relay = makeRelay(call, sendToClient);
  const streams = { events, session, merged: new MergedEvents(events, session) };
  let isHandedOver = false;
  call.signal.addEventListener("abort", () => events.cancel(), { once: true });
  if (call.signal.aborted) events.cancel();
  try {
    for (;;) {
      const { next, isCallStream } = await streams.merged.next();
      if (call.stopReason !== null && call.stopReason !== "upstream_timeout")
        return { kind: "stopped" };
      if ("code" in next) return { kind: "final", text: call.fail(next) };
      call.receiveMessage(false);
      if (isRepeatedChange(relay, next.data)) continue;
      const message = readCallMessage(call, next.data);
      if (message.kind === "input_required") return message;
      if (message.kind === "failed") return { kind: "final", text: call.fail(message) };
      if (message.kind === "response") {
        call.finish(message.status, message.errorCode);
        return { kind: "final", text: message.text };
      }
      if (message.kind === "request") {
        const request = { ...message, text: next.data, isCallStream };
        const suspended = await suspendCall(call, request, streams);
        isHandedOver = suspended !== null;
        if (suspended) return await relayEvents(call, suspended, sendToClient);
      }
      await relayMessage(relay, message, next.data, isCallStream);
    }
  } finally {
    // The object that holds the call reads on.
    if (!isHandedOver) events.cancel();
    await relay.changes.flush();
  }
}

/**
 * Relays the messages of the upstream session's own stream while a call is in flight. The session belongs to this client
 * alone, so its server requests are for this client.
 */
export async function relaySessionEvents(
  call: Call,
  events: MessageSource,
  sendToClient: SendToClient,
): Promise<void> {
  const relay = makeRelay(call, sendToClient);
  try {
    for (;;) {
      const next = await events.next();
      if ("code" in next) return;
      if (!isRepeatedChange(relay, next.data))
        await relayMessage(relay, readCallMessage(call, next.data), next.data, false);
    }
  } finally {
    await relay.changes.flush();
  }
}

/** Whether a message repeats the last change notification, which is then reported again. */
function isRepeatedChange({ lastChange, changes }: Relay, text: string): boolean {
  if (lastChange?.text !== text) return false;
  changes.add(lastChange.list);
  return true;
}

/**
 * Relays one message that is not the call's response; `text` is what the server sent. `isCallStream`: it came on the
 * call's own stream, and not on that of its session.
 */
async function relayMessage(
  relay: Relay,
  message: UpstreamMessage,
  text: string,
  isCallStream: boolean,
): Promise<void> {
  const { call, sent, sendToClient } = relay;
  if (message.kind !== "request" && message.kind !== "notification") return;
  const data = toClientMessage(call, message.method, text, isCallStream);
  if (data === null) return;
  if (message.kind === "request") return relayServerRequest(relay, message, data);
  const { params } = message;
  switch (message.method) {
    case "notifications/progress": {
      const wasRequested = isRequestedProgress(call, params);
      // Only progress that the client requested extends the call. Some servers send it on the stream of the session.
      if (wasRequested) call.receiveMessage(true);
      // A task's progress has the token of the call that began the task.
      else if (call.route.task === null || call.progressToken !== null) return undefined;
      const text = call.progressToken === null ? data : renameProgress(call, data);
      return text === null ? undefined : sendToClient(text);
    }
    case "notifications/message": {
      const level = isObject(params) ? params["level"] : undefined;
      const isWanted = call.message.era === "legacy" || isLogRequested(call.message, level);
      return isWanted ? sendToClient(data) : undefined;
    }
    case "notifications/cancelled": {
      const id = isObject(params) ? sent.get(JSON.stringify(params["requestId"])) : undefined;
      return id === undefined ? undefined : sendToClient(formatCancelled(id));
    }
    case "notifications/tasks/status":
    case "notifications/tasks":
      return call.message.era === call.route.endpoint.era ? sendToClient(data) : undefined;
    case "notifications/elicitation/complete":
      return call.message.era === "legacy" ? sendToClient(data) : undefined;
    default: {
      const notification = parseChangeNotification(text);
      if (notification.kind !== "list") return;
      relay.lastChange = { text, list: notification.list };
      relay.changes.add(notification.list);
    }
  }
}

/** Some servers send list_changed only on the stream of the call that changed the list. It concerns all clients. */
async function reportListChanges({ context, route }: Call, lists: ListName[]): Promise<void> {
  const workspace = workspacesOf(context.env).getByName(context.slug);
  for (const list of lists)
    await workspace
      .reportListChanged(route.endpoint.serverId, list)
      .catch((error: unknown) => logFailure("report_list_changed_failed", error));
}

/** Whether the client requested progress in this request, and the notification carries the token of this call. */
function isRequestedProgress({ message, progressToken }: Call, params: unknown): boolean {
  const requested = findProgressToken(message);
  if (requested === null || !isObject(params)) return false;
  return params["progressToken"] === (progressToken ?? parseJson(requested));
}

/** Sends a server request to the client under a sealed id, which routes the response back; refuses it if that cannot be. */
async function relayServerRequest(
  { call, sent, sendToClient, localResponses }: Relay,
  request: Extract<UpstreamMessage, { kind: "request" }>,
  data: string,
): Promise<void> {
  // Modern servers send no requests (2026-07-28, basic/patterns/mrtr).
  if (call.route.endpoint.era === "modern") return;
  const isSupported =
    call.message.era === "legacy" &&
    sent.size < MAX_OPEN_SERVER_REQUESTS &&
    request.id.length <= MAX_SERVER_REQUEST_ID_LENGTH &&
    supportsServerRequest(call.message.clientCapabilities, request.method, request.params);
  const scan = isSupported ? scanJson(data, RESPONSE_LIMITS) : null;
  if (!scan?.ok || !scan.root) {
    if (!localResponses.add(Date.now())) return;
    return sendToUpstream(call, formatLocalResponse(request.id, request.method));
  }
  const id = JSON.stringify(sealServerRequestId(call, request.id, findRelatedTask(request.params)));
  sent.set(request.id, id);
  call.awaitClient();
  await sendToClient(editObject(data, scan.root, { id }));
}

/** A progress notification under the client's token; the upstream got the gateway's token. */
function renameProgress(call: Call, data: string): string | null {
  const scan = scanJson(data, RESPONSE_LIMITS);
  const scanned = scan.ok ? scan.root?.members.get("params")?.object : null;
  const progressToken = findProgressToken(call.message);
  return scanned && progressToken !== null ? toClientProgress(data, scanned, progressToken) : null;
}

/** Cancels a call that was stopped at a legacy upstream, where closing the connection is no cancellation. Once. */
export async function sendCancellation(call: Call): Promise<void> {
  if (!call.claimCancellation() || call.route.endpoint.era === "modern") return;
  if (call.route.endpoint.transport === "sse") return cancelOverHttpSse(call);
  if (call.sessionId === null) return;
  await sendToUpstream(call, formatCancelled(call.upstreamId));
}

function sendToUpstream(call: Call, text: string): Promise<void> {
  const { endpoint } = call.route;
  const peer = { ...endpoint, url: call.messageUrl ?? endpoint.url };
  return postMessage(peer, text, call.sessionId, call.upstreamOptions);
}
