import type { Era } from "../records/workspace.ts";

/** The lists whose changes clients are told of. */
export type ListName = "tools" | "prompts" | "resources";

/** What somebody who keeps a stream open wants to hear of. Asked again and again, each time with what was heard last. */
export interface WatchRequest {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  era: Era;
  /** The fingerprints of the lists as the client last knew them; null: not known yet, which is no change. */
  lists: Partial<Record<ListName, string | null>>;
  /** URIs of resources whose updates are followed. */
  resources: string[];
  /** A legacy client's session: the resources it has subscribed to are followed too; null: none. */
  session: string | null;
  /** Number of the last resource update that was heard; null: from now on. */
  since: number | null;
  /** Key of a call in flight, whose cancellation matters; null: none. */
  call: string | null;
}

export type WatchResult =
  /** The token, its member or the workspace is gone: the stream must end. */
  | { kind: "ended" }
  /** The client cancelled the call. */
  | { kind: "cancelled" }
  /** What has changed; after a while of quiet, nothing. */
  | {
      kind: "news";
      lists: Partial<Record<ListName, string>>;
      changed: ListName[];
      updated: string[];
      since: number;
    };
