import { MAX_SUBSCRIBED_URI_LENGTH } from "../../contract/limits.ts";
import type { Era, Transport } from "../../contract/records/workspace.ts";
import type { ListenTargets, ListName } from "../../contract/rpc/notification-stream.ts";
import { isObject, parseObject } from "../../mcp/json.ts";
import type { Peer } from "../json-rpc.ts";
import { redact } from "../redaction.ts";
import { listenOnHttpSse } from "./http-sse-listener.ts";
import type { ListenerContext, OpenedChangeListener } from "./listener.ts";
import { listenOnSessionStream } from "./session-stream-listener.ts";
import { listenBySubscription } from "./subscriptions-listener.ts";

/**
 * Opens a connection for a server's change notifications: `subscriptions/listen` (2026-07-28), the GET stream of a
 * session (2025-11-25), or the event stream of HTTP+SSE (2024-11-05).
 */
export function openChangeListener(
  peer: Peer,
  wire: { transport: Transport; era: Era },
  targets: ListenTargets,
  unredacted: ListenerContext,
): Promise<OpenedChangeListener> {
  const onMessage = (text: string) => unredacted.onMessage(redact(text, peer));
  const context = { ...unredacted, onMessage };
  if (wire.transport === "sse") return listenOnHttpSse(peer, targets, context);
  return wire.era === "modern"
    ? listenBySubscription(peer, targets, context)
    : listenOnSessionStream(peer, targets, context);
}

/** A change notification of a server; `other`: any other message. */
export type ChangeNotification =
  | { kind: "list"; list: ListName }
  | { kind: "updated"; uri: string }
  | { kind: "other" };

/** Reads a change notification from the JSON text of a message. */
export function parseChangeNotification(text: string): ChangeNotification {
  const message = parseObject(text);
  const params = message?.["params"];
  switch (message?.["method"]) {
    case "notifications/tools/list_changed":
      return { kind: "list", list: "tools" };
    case "notifications/prompts/list_changed":
      return { kind: "list", list: "prompts" };
    case "notifications/resources/list_changed":
      return { kind: "list", list: "resources" };
    case "notifications/resources/updated":
      return isObject(params) &&
        typeof params["uri"] === "string" &&
        params["uri"].length <= MAX_SUBSCRIBED_URI_LENGTH
        ? { kind: "updated", uri: params["uri"] }
        : { kind: "other" };
    default:
      return { kind: "other" };
  }
}

/** Whether an update of `uri` concerns a subscription: the same URI, or a sub-resource (MCP, "Resource updated"). */
export function isWithinResource(uri: string, subscribed: string): boolean {
  if (!uri.startsWith(subscribed)) return false;
  return (
    uri.length === subscribed.length || subscribed.endsWith("/") || uri[subscribed.length] === "/"
  );
}
