import type { NextMessage, UpstreamEvents } from "./upstream-events.ts";

/** The messages of a session's own stream. */
export type SessionMessages = Pick<UpstreamEvents, "next">;

/** A message, or why there are no more; `isCallStream`: it came on the call's own stream. */
export interface MergedMessage {
  next: NextMessage;
  isCallStream: boolean;
}

/** The messages of a call's stream and of its session's own stream, in the order of their arrival. */
export class MergedEvents {
  readonly #call: UpstreamEvents;
  /** Null: there is none, or it has ended. */
  #session: SessionMessages | null;
  /** The pending read of either stream, which outlasts a read of the other one. */
  #ofCall: Promise<MergedMessage> | null = null;
  #ofSession: Promise<MergedMessage> | null = null;

  constructor(call: UpstreamEvents, session: SessionMessages | null) {
    this.#call = call;
    this.#session = session;
  }

  /** The next message of either stream. The end of the session's stream is ignored: the call's stream goes on. */
  async next(): Promise<MergedMessage> {
    for (;;) {
      this.#ofCall ??= this.#call.next().then((next) => ({ next, isCallStream: true }));
      this.#ofSession ??=
        this.#session?.next().then((next) => ({ next, isCallStream: false })) ?? null;
      const first = await Promise.race(
        this.#ofSession ? [this.#ofSession, this.#ofCall] : [this.#ofCall],
      );
      if (first.isCallStream) this.#ofCall = null;
      else this.#ofSession = null;
      if (first.isCallStream || "data" in first.next) return first;
      this.#session = null;
    }
  }
}
