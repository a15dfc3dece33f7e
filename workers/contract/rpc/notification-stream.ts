import type { Era } from "../records/workspace.ts";
import type { ListName, WatchRequest } from "./watch.ts";

/** Somebody opens a stream of change notifications. */
export interface OpenStreamRequest {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  era: Era;
  /** Name of the stream, which no other has: its `call` in every watch, and what ends it at once. */
  key: string;
  lists: ListName[];
  /** URIs of resources. */
  resources: string[];
  /** Key of a legacy client's session; null: none. */
  session: string | null;
}

export type OpenedStream =
  /** The token, its member or the workspace is gone. */
  | { kind: "ended" }
  /** The token has as many streams open as it may have. */
  | { kind: "too_many" }
  /** What of the request can be had, as the first watch to make. */
  | { kind: "listening"; watch: WatchRequest };
