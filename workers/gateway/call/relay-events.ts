import { MAX_OPEN_SERVER_REQUESTS } from "../../contract/limits.ts";
import { supportsServerRequest } from "../../mcp/client-capabilities.ts";
import { editObject, scanJson } from "../../mcp/json-scan.ts";
import { isObject } from "../../mcp/json.ts";
import { META_LOG_LEVEL } from "../../mcp/protocol.ts";
import { postMessage } from "../../upstream/json-rpc.ts";
import { parseChangeNotification } from "../../upstream/notifications/change-listener.ts";
import type { NextMessage, UpstreamEvents } from "../../upstream/upstream-events.ts";
import { sealServerRequestId, type InputRequired } from "../elicitation/server-requests.ts";
import type { Call } from "./call.ts";
import { readUpstreamMessage, type UpstreamMessage } from "./upstream-message.ts";

/** Sends one JSON-RPC text to the client. Throws when it is gone. */
export type SendToClient = (text: string) => Promise<void>;

/** How an upstream's stream ended for the client. */
export type RelayResult =
  | { kind: "final"; text: string }
  | { kind: "asks"; round: InputRequired }
  /** By the client, or because it may not have the answer any more: there is nothing to say. */
  | { kind: "stopped" };

/** Servers number their questions; longer ids would not come back through the limits of headers and ids. */
const MAX_QUESTION_ID_LENGTH = 512;

/** What went to the client so that it can be taken back: a question's sealed id by the server's own, as JSON texts. */
type Asked = Map<string, string>;

/**
 * Passes an upstream's event stream on, message by message, up to the answer to the call. What the server says to nobody
 * in particular is dropped; what it asks is for this client, or refused.
 */
export async function relayEvents(
  call: Call,
  events: UpstreamEvents,
  send: SendToClient,
): Promise<RelayResult> {
  const asked: Asked = new Map();
  call.signal.addEventListener("abort", () => events.cancel(), { once: true });
  if (call.signal.aborted) events.cancel();
  try {
    for (;;) {
      const next = await events.next();
      if (call.stopReason !== null && call.stopReason !== "upstream_timeout")
        return { kind: "stopped" };
      if ("code" in next) return { kind: "final", text: call.fail(next) };
      const message = readUpstreamMessage(next.data, call.upstreamId, call.message, call.route);
      call.touch(message.kind === "notification" && message.method === "notifications/progress");
      if (message.kind === "asks") return message;
      if (message.kind === "reply") {
        call.finish(message.status, message.errorCode);
        return { kind: "final", text: message.text };
      }
      await passOn(call, message, next.data, asked, send);
    }
  } finally {
    events.cancel();
  }
}

/**
 * Passes on what a server says on its session's own stream while a call is under way. The session is this client's
 * alone, so what is asked there is for it.
 */
export async function relaySessionEvents(
  call: Call,
  first: string,
  events: UpstreamEvents,
  send: SendToClient,
): Promise<void> {
  const asked: Asked = new Map();
  let next: NextMessage = { data: first };
  for (; "data" in next; next = await events.next()) {
    const message = readUpstreamMessage(next.data, call.upstreamId, call.message, call.route);
    await passOn(call, message, next.data, asked, send);
  }
}

async function passOn(
  call: Call,
  message: UpstreamMessage,
  data: string,
  asked: Asked,
  send: SendToClient,
): Promise<void> {
  if (message.kind === "request") return ask(call, message, data, asked, send);
  if (message.kind !== "notification") return;
  switch (message.method) {
    case "notifications/progress": {
      const text = call.progressToken === null ? data : withOwnToken(call, message.params, data);
      return text === null ? undefined : send(text);
    }
    case "notifications/message":
      return wantsLogs(call) ? send(data) : undefined;
    case "notifications/cancelled":
      return takeBack(message.params, asked, send);
    case "notifications/elicitation/complete":
      return call.message.era === "legacy" ? send(data) : undefined;
    default:
      return announce(call, data);
  }
}

/** Some servers announce changes of their lists to the caller whose call made them, and to nobody else: all must hear of it. */
async function announce(call: Call, data: string): Promise<void> {
  const announcement = parseChangeNotification(data);
  if (announcement.kind !== "list") return;
  const { context, route } = call;
  await context.env.WORKSPACES.getByName(context.slug)
    .reportListChanged(route.endpoint.serverId, announcement.list)
    .catch(() => undefined);
}

/** A server's question, under an id that brings the answer back to it; refused when the client cannot answer. */
async function ask(
  call: Call,
  question: Extract<UpstreamMessage, { kind: "request" }>,
  data: string,
  asked: Asked,
  send: SendToClient,
): Promise<void> {
  const { era } = call.route.endpoint;
  if (era === "modern") return;
  if (question.method === "ping") return answerUpstream(call, question.id, '"result":{}');
  const scan = scanJson(data, { maxDepth: 1_000, maxNodes: Infinity });
  const canBeAsked =
    call.message.era === "legacy" &&
    asked.size < MAX_OPEN_SERVER_REQUESTS &&
    question.id.length <= MAX_QUESTION_ID_LENGTH &&
    supportsServerRequest(call.message.clientCapabilities, question.method, question.params);
  if (!canBeAsked || !scan.ok || !scan.root) {
    const error = '"error":{"code":-32601,"message":"This client cannot be asked"}';
    return answerUpstream(call, question.id, error);
  }
  const id = JSON.stringify(sealServerRequestId(call, question.id));
  asked.set(question.id, id);
  call.awaitClient();
  await send(editObject(data, scan.root, { id }));
}

async function takeBack(params: unknown, asked: Asked, send: SendToClient): Promise<void> {
  const id = isObject(params) ? asked.get(JSON.stringify(params["requestId"])) : undefined;
  if (id === undefined) return;
  const method = '"method":"notifications/cancelled"';
  await send(`{"jsonrpc":"2.0",${method},"params":{"requestId":${id}}}`);
}

/** The upstream knows the call's progress by the gateway's token; others' progress is not this client's. */
function withOwnToken(call: Call, params: unknown, data: string): string | null {
  if (!isObject(params) || params["progressToken"] !== call.progressToken) return null;
  const scan = scanJson(data, { maxDepth: 1_000, maxNodes: Infinity });
  const members = scan.ok ? scan.root?.members.get("params")?.object : null;
  const meta = call.message.values["_meta"];
  if (!scan.ok || !scan.root || !members || !isObject(meta)) return null;
  // Each round of a call has its own token, or none.
  if (meta["progressToken"] === undefined) return null;
  const progressToken = JSON.stringify(meta["progressToken"]);
  return editObject(data, scan.root, { params: editObject(data, members, { progressToken }) });
}

/** Log messages reach a modern client only when its request asked for them (2026-07-28, logging). */
function wantsLogs(call: Call): boolean {
  if (call.message.era === "legacy") return true;
  const meta = call.message.values["_meta"];
  return isObject(meta) && META_LOG_LEVEL in meta;
}

/** In the legacy era hanging up is no cancellation: the server must be told. */
export async function sendCancellation(call: Call): Promise<void> {
  if (call.route.endpoint.era === "modern") return;
  if (call.sessionId === null && call.messageUrl === null) return;
  const params = `{"requestId":${call.upstreamId}}`;
  await post(call, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":${params}}`);
}

function answerUpstream(call: Call, id: string, member: string): Promise<void> {
  return post(call, `{"jsonrpc":"2.0","id":${id},${member}}`);
}

function post(call: Call, text: string): Promise<void> {
  const { endpoint } = call.route;
  const peer = { ...endpoint, url: call.messageUrl ?? endpoint.url };
  return postMessage(peer, text, call.sessionId, call.upstreamOptions);
}
