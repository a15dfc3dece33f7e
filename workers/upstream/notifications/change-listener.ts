import { MAX_SUBSCRIBED_URI_LENGTH } from "../../contract/limits.ts";
import type { Era, Transport } from "../../contract/records/workspace.ts";
import type { ListName } from "../../contract/rpc/notification-stream.ts";
import { isObject, parseObject } from "../../mcp/json.ts";
import type { Peer } from "../json-rpc.ts";
import { listenOnHttpSse } from "./http-sse-listener.ts";
import type { ListenTargets, ListenerContext, OpenedChangeListener } from "./listener.ts";
import { listenOnSessionStream } from "./session-stream-listener.ts";
import { listenBySubscription } from "./subscriptions-listener.ts";

/**
 * Has a server announce its changes: by `subscriptions/listen` (2026-07-28), by the GET stream of a session, or by the
 * event stream of HTTP+SSE.
 */
export function openChangeListener(
  peer: Peer,
  wire: { transport: Transport; era: Era },
  wanted: ListenTargets,
  context: ListenerContext,
): Promise<OpenedChangeListener> {
  if (wire.transport === "sse") return listenOnHttpSse(peer, wanted, context);
  return wire.era === "modern"
    ? listenBySubscription(peer, wanted, context)
    : listenOnSessionStream(peer, wanted, context);
}

export type ChangeNotification =
  | { kind: "list"; list: ListName }
  | { kind: "updated"; uri: string }
  | { kind: "other" };

/** What a server's message announces. */
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
