import type { UpstreamError } from "../contract/catalogue.ts";
import { MAX_FOLLOWED_URI_LENGTH } from "../contract/limits.ts";
import type { FollowedList } from "../contract/watch.ts";
import type { Era, Transport } from "../contract/workspace.ts";
import { isObject, parseObject } from "../mcp/json.ts";
import type { Peer, UpstreamOptions } from "./exchange.ts";
import { followByEventStream } from "./follow-event-stream.ts";
import { followByListening } from "./follow-listening.ts";
import { followBySession } from "./follow-session.ts";

/** Changes of a server that somebody wants to hear of. */
export interface Wanted {
  lists: FollowedList[];
  uris: string[];
}

/** A connection on which a server announces changes. */
export interface Following {
  /** When the connection is over, whoever ended it. Never rejects. */
  ended: Promise<void>;
  /** Asks for something else from now on, without a gap; what fails ends the connection. */
  change(wanted: Wanted): Promise<void>;
  close(): Promise<void>;
}

export type OpenedFollowing =
  | { ok: true; following: Following }
  | { ok: false; error: UpstreamError };

export interface FollowContext {
  options: UpstreamOptions;
  /** Takes each message in turn; the next one is read when it returns. */
  hear: (text: string) => Promise<void>;
  /** Runs work that waits for response headers, of which few may do so at once. */
  slot: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Has a server announce its changes: by `subscriptions/listen` (2026-07-28), by the GET stream of a session, or by the
 * event stream of HTTP+SSE.
 */
export function openFollowing(
  peer: Peer,
  wire: { transport: Transport; era: Era },
  wanted: Wanted,
  context: FollowContext,
): Promise<OpenedFollowing> {
  if (wire.transport === "sse") return followByEventStream(peer, wanted, context);
  return wire.era === "modern"
    ? followByListening(peer, wanted, context)
    : followBySession(peer, wanted, context);
}

export type Announcement =
  | { kind: "list"; list: FollowedList }
  | { kind: "updated"; uri: string }
  | { kind: "other" };

/** What a server's message announces. */
export function parseAnnouncement(text: string): Announcement {
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
        params["uri"].length <= MAX_FOLLOWED_URI_LENGTH
        ? { kind: "updated", uri: params["uri"] }
        : { kind: "other" };
    default:
      return { kind: "other" };
  }
}
