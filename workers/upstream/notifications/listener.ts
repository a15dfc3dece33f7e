import type { ListName } from "../../contract/rpc/notification-stream.ts";
import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import type { UpstreamOptions } from "../json-rpc.ts";

/** Changes of a server that somebody wants to hear of. */
export interface ListenTargets {
  lists: ListName[];
  uris: string[];
}

/** A connection on which a server announces changes. */
export interface ChangeListener {
  /** When the connection is over, whoever ended it. Never rejects. */
  ended: Promise<void>;
  /** Asks for something else from now on, without a gap; what fails ends the connection. */
  change(targets: ListenTargets): Promise<void>;
  close(): Promise<void>;
}

export type OpenedChangeListener =
  | { ok: true; following: ChangeListener }
  | { ok: false; error: UpstreamError };

export interface ListenerContext {
  options: UpstreamOptions;
  /** Takes each message in turn; the next one is read when it returns. */
  hear: (text: string) => Promise<void>;
  /** Runs work that waits for response headers, of which few may do so at once. */
  slot: <T>(work: () => Promise<T>) => Promise<T>;
}
