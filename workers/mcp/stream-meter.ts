import type { StreamLimits } from "../contract/limits.ts";
import { MINUTE_MS } from "../contract/units.ts";

/** Thrown when a stream carries more than its limits. */
export class StreamFlood extends Error {
  override readonly name = "StreamFlood";
}

/** What a read of the stream, and a line of data, cost in lines. A message can have many lines, and a line many packets. */
const READ_COST = 0.5;
const DATA_LINE_COST = 0.05;

/**
 * Counts what one stream of a server carries, over all its connections. All bytes count, and all lines: comments, empty
 * lines and `retry` cost as much to read as messages do.
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
    this.#add(READ_COST, count);
  }

  /** A line ended. @throws StreamFlood */
  receiveLine(isData: boolean): void {
    this.#add(isData ? DATA_LINE_COST : 1, 0);
  }

  /** Counts from zero again. */
  restart(): void {
    this.#ofMinute = { lines: 0, bytes: 0 };
    this.#total = { lines: 0, bytes: 0 };
  }

  #add(lines: number, bytes: number): void {
    this.#ofMinute.lines += lines;
    this.#total.lines += lines;
    this.#ofMinute.bytes += bytes;
    this.#total.bytes += bytes;
    const { perMinute, total } = this.#limits;
    this.#isExceeded ||=
      this.#ofMinute.lines > perMinute.lines ||
      this.#ofMinute.bytes > perMinute.bytes ||
      this.#total.lines > total.lines ||
      this.#total.bytes > total.bytes;
    if (this.#isExceeded) throw new StreamFlood("The stream carries more than its limits");
  }
}
