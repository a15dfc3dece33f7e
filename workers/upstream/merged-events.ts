import type { NextMessage, UpstreamEvents } from "./upstream-events.ts";

/** The messages of one stream. */
export type MessageSource = Pick<UpstreamEvents, "next">;

/** A message, or why there are no more; `isCallStream`: it came on the call's own stream. */
export interface MergedMessage {
  next: NextMessage;
  isCallStream: boolean;
}

/** The messages of a call's stream and of its session's own stream, in the order of their arrival. For one reader. */
export class MergedEvents {
  readonly #call: MessageSource;
  /** Null: there is none, or it has ended. */
  #session: MessageSource | null;
  /** The streams whose next message is awaited, or has arrived and was not taken. */
  readonly #pending = new Set<MessageSource>();
  readonly #arrived: { stream: MessageSource; next: NextMessage }[] = [];
  #wake: () => void = () => undefined;

  constructor(call: MessageSource, session: MessageSource | null) {
    this.#call = call;
    this.#session = session;
  }

  /** The next message of either stream. The end of the session's stream is ignored: the call's stream goes on. */
  async next(): Promise<MergedMessage> {
    for (;;) {
      void this.#read(this.#call);
      if (this.#session) void this.#read(this.#session);
      const first = this.#arrived.shift();
      if (!first) {
        // Not a race: the long wait for one stream would collect the messages of the other one.
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const { stream, next } = first;
      this.#pending.delete(stream);
      const isCallStream = stream === this.#call;
      if (isCallStream || "data" in next) return { next, isCallStream };
      this.#session = null;
    }
  }

  async #read(stream: MessageSource): Promise<void> {
    if (this.#pending.has(stream)) return;
    this.#pending.add(stream);
    this.#arrived.push({ stream, next: await stream.next() });
    this.#wake();
  }
}
