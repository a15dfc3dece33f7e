import type { ClientInfo } from "../records/stop.ts";
import type { Endpoint } from "./admission.ts";

/** The lists whose changes MCP announces with `notifications/<list>/list_changed`. */
export const LIST_NAMES = ["tools", "prompts", "resources"] as const;

/** One of `LIST_NAMES`. */
export type ListName = (typeof LIST_NAMES)[number];

/** A client that opens a notification stream, and the changes that it wants to receive. */
export interface OpenStreamRequest {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** Unique name of the stream. */
  stream: string;
  lists: ListName[];
  /** URIs of resources. */
  resources: string[];
  /** Key of a legacy client's session, whose resource subscriptions are included; null: none. */
  session: string | null;
  /** Absent: a Worker of an earlier release. */
  client?: ClientInfo;
  /** Slug of the one server whose changes are sent; absent: those of all servers. */
  server?: string;
}

/** How far a stream's client is informed. */
export interface StreamPosition {
  /** The fingerprint of each list that the client last received; another one is a change. */
  lists: Partial<Record<ListName, string>>;
  /** Number of the last announced change that the client received. */
  since: number;
}

/** An open stream, reduced to the lists and resources that the gateway can serve. */
export interface OpenedStream {
  resources: string[];
  position: StreamPosition;
  /** When the token expires, epoch ms; null: never. The Worker then ends the stream. */
  expiresAt: number | null;
}

/** The changes of a stream after its last position. */
export interface StreamChanges {
  changedLists: ListName[];
  updatedResources: string[];
}

/** The changes of a server that at least one client wants to be notified of. */
export interface ListenTargets {
  lists: ListName[];
  /** URIs of resources. */
  uris: string[];
}

/** A server that a Worker listens to, with the secrets that it is sent: for the Worker only. */
export interface ListenOrder extends Pick<
  Endpoint,
  "serverId" | "url" | "headers" | "credentials" | "transport" | "era" | "hosted"
> {
  targets: ListenTargets;
  /** Until when (epoch ms) the server is not connected, because it sent too many notifications; null: at once. */
  pausedUntil: number | null;
}

/** All servers that a stream's Worker listens to. */
export interface ListenOrders {
  /** Number of this message, which the Worker repeats when it has carried it out. */
  number: number;
  servers: ListenOrder[];
  /** The ids of servers that are connected without further delay. */
  retry: string[];
  /** Another Worker listened to these servers before: what they announced meanwhile is lost. */
  isTakeover: boolean;
}

/**
 * A message of a Worker on the WebSocket of a notification stream, as JSON text. The first one opens the stream. Messages
 * of other kinds, of another release, are ignored on both sides.
 */
export type MessageToWorkspace =
  /** `position`: of a stream whose WebSocket broke; null: the stream is new. */
  | { kind: "open"; request: OpenStreamRequest; position: StreamPosition | null }
  /** The first attempt to listen to each of the servers of these orders has ended. */
  | { kind: "listening"; number: number }
  | { kind: "list_changed"; serverId: string; lists: ListName[] }
  | { kind: "resources_updated"; serverId: string; uris: string[] }
  /** The server sent more than `LISTENER_STREAM_LIMITS`. It is connected again after `FLOOD_PAUSE_MS`. */
  | { kind: "flooded"; serverId: string }
  /** The server is connected after a time without connection: what it announced meanwhile is lost. */
  | { kind: "reconnected"; serverId: string };

/** A message of the Workspace object on the WebSocket of a notification stream, as JSON text. */
export type MessageToWorker =
  /** The token, its member or the workspace is gone. */
  | { kind: "unauthorized" }
  /**
   * The token has `MAX_STREAMS_PER_TOKEN` streams open, or its member `MAX_STREAMS_PER_MEMBER`. `of` is absent in messages
   * of earlier releases, which limit only the token's.
   */
  | { kind: "too_many"; of?: "token" | "member" }
  /** The workspace cannot be loaded now. */
  | { kind: "unavailable" }
  | { kind: "opened"; stream: OpenedStream }
  /** After `opened`: the servers have confirmed or refused what the stream needs of them, or a second has passed. */
  | { kind: "ready" }
  | { kind: "changes"; changes: StreamChanges; position: StreamPosition }
  | { kind: "listen"; orders: ListenOrders }
  /** The stream is over: a newer one replaces it, or the token, its member or the workspace is gone. */
  | { kind: "closed" };
