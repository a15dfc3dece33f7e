/** The lists whose changes MCP announces with `notifications/<list>/list_changed`. */
export type ListName = "tools" | "prompts" | "resources";

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
  /** Whether the stream also carries tasks, whose servers the Worker listens to. */
  hasTasks: boolean;
}

/** Waits for the changes after a position of a notification stream. */
export interface WatchChangesRequest {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** Unique name of the stream. */
  stream: string;
  /** The fingerprint of each list that the client last received; another one is a change. */
  lists: Partial<Record<ListName, string>>;
  /** URIs of resources. */
  resources: string[];
  /** Key of a legacy client's session, whose resource subscriptions are included; null: none. */
  session: string | null;
  /** Number of the last resource update that the client received. */
  since: number;
}

/** The result of `openStream`. */
export type OpenStreamResult =
  /** The token, its member or the workspace is gone. */
  | { kind: "unauthorized" }
  /** The token has `MAX_STREAMS_PER_TOKEN` streams open. */
  | { kind: "too_many" }
  /** `start`: the first watch. It names the lists and resources that the gateway can serve. */
  | { kind: "open"; start: WatchChangesRequest };

/** The result of `watchChanges`. */
export type WatchChangesResult =
  /** The stream was closed, or the token, its member or the workspace is gone. */
  | { kind: "closed" }
  /** The changes since the position of the request, and the next position; no changes: 50 s passed. */
  | {
      kind: "changes";
      changedLists: ListName[];
      updatedResources: string[];
      lists: Partial<Record<ListName, string>>;
      since: number;
    };
