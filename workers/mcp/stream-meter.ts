import type { StreamLimits } from "../contract/limits.ts";

const MINUTE_MS = 60_000;

/** Thrown when a stream carries more than its limits. */
export class StreamFlood extends Error {
  override readonly name = "StreamFlood";
}

/**
 * Counts what one stream of a server carries, over all its connections. All bytes count, and all lines but those of data:
 * comments, empty lines and `retry` cost as much to read as messages do.
 */
export class StreamMeter {
  readonly #limits: StreamLimits;
  #minuteBeganAt = 0;
  #ofMinute = { lines: 0, bytes: 0 };
  #total = { lines: 0, bytes: 0 };
  #isExceeded = false;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Whether the stream has carried too much; no more of it is read then. */
  get isExceeded(): boolean {
    return this.#isExceeded;
  }

  /** Bytes arrived; `now`: epoch ms. @throws StreamFlood */
  receiveBytes(count: number, now: number): void {
    if (now - this.#minuteBeganAt >= MINUTE_MS) {
      this.#minuteBeganAt = now;
      this.#ofMinute = { lines: 0, bytes: 0 };
    }
    this.#ofMinute.bytes += count;
    this.#total.bytes += count;
    this.#check();
  }

  /** A line ended that is no data. @throws StreamFlood */
  receiveLine(): void {
    this.#ofMinute.lines += 1;
    this.#total.lines += 1;
    this.#check();
  }

  /** Counts from zero again. */
  restart(): void {
    this.#ofMinute = { lines: 0, bytes: 0 };
    this.#total = { lines: 0, bytes: 0 };
  }

  #check(): void {
    const { perMinute, total } = this.#limits;
    this.#isExceeded ||=
      this.#ofMinute.lines > perMinute.lines ||
      this.#ofMinute.bytes > perMinute.bytes ||
      this.#total.lines > total.lines ||
      this.#total.bytes > total.bytes;
    if (this.#isExceeded) throw new StreamFlood("The stream carries more than its limits");
  }
}
