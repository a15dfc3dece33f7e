import { MAX_RESPONSE_BYTES } from "../../workers/contract/limits.ts";
import type { ServerCheck } from "../../workers/contract/rpc/tool-catalogue.ts";
import { Semaphore } from "../../workers/runtime/semaphore.ts";

/**
 * Of the six connections that can wait for response headers (a platform limit), one stays free for D1 and the queue.
 */
const MAX_WAITING_CONNECTIONS = 5;
/** Work that takes longer than this part of the merge budget gives its connection to work that waits. */
const SLICES_PER_MERGE = 5;
/** Largest message of a check beside others. Lists are rarely a tenth of it. */
const SMALL_MESSAGE_BYTES = 1024 * 1024;

/** When a check has a connection. */
export interface CheckTurn {
  /** Aborted when the check must give its connection away; it starts again later. */
  signal: AbortSignal;
  /** Largest message that it can read, in bytes. */
  maxMessageBytes: number;
}

/**
 * Runs the requests to a workspace's servers a few at a time. Servers with large messages are checked one after the other,
 * because the object has little memory to read them: a check that meets a message that is too large for a turn beside
 * others is repeated in such a turn.
 */
export class CheckQueue {
  /** Limits requests to servers that wait for response headers. */
  readonly connections = new Semaphore(MAX_WAITING_CONNECTIONS);
  readonly #largeChecks = new Semaphore(1);
  /** The servers that have sent a large message. */
  readonly #large = new Set<string>();
  readonly #sliceMs: number;

  constructor(mergeMs: number) {
    this.#sliceMs = mergeMs / SLICES_PER_MERGE;
  }

  /** Runs work when a connection is free; the signal ends it. */
  connect<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.connections.runInSlices(this.#sliceMs, work);
  }

  /** Runs the check of a server. */
  async check(
    serverId: string,
    work: (turn: CheckTurn) => Promise<ServerCheck>,
  ): Promise<ServerCheck> {
    if (!this.#large.has(serverId)) {
      const maxMessageBytes = SMALL_MESSAGE_BYTES;
      const check = await this.connect((signal) => work({ signal, maxMessageBytes }));
      if (check.error?.code !== "upstream_too_large") return check;
      this.#large.add(serverId);
    }
    return this.#largeChecks.runInSlices(this.#sliceMs, (large) =>
      this.connect((connected) => {
        const signal = AbortSignal.any([large, connected]);
        return work({ signal, maxMessageBytes: MAX_RESPONSE_BYTES });
      }),
    );
  }

  /** The server with this id is another one, or gone. */
  forget(serverId: string): void {
    this.#large.delete(serverId);
  }
}
