import type { Readable } from "node:stream";
import { MAX_BYTES_PER_SECOND, MAX_LINES_PER_SECOND } from "./limits.ts";

const SECOND_MS = 1_000;
/** An exceeded limit is reported once in this time. */
const REPORT_INTERVAL_MS = 60_000;

/** Stops reading a stream until the next second when a second's share has been read: the writer then waits. */
export class ReadLimit {
  readonly #stream: Readable;
  readonly #onExceeded: () => void;
  #secondBeganAt = 0;
  #lines = 0;
  #bytes = 0;
  #reportedAt = 0;

  /** `onExceeded`: called at most once a minute. */
  constructor(stream: Readable, onExceeded: () => void) {
    this.#stream = stream;
    this.#onExceeded = onExceeded;
  }

  /** A chunk with this many lines and bytes was read; `now`: epoch ms. */
  receive(lines: number, bytes: number, now: number): void {
    if (now - this.#secondBeganAt >= SECOND_MS) {
      this.#secondBeganAt = now;
      this.#lines = 0;
      this.#bytes = 0;
    }
    this.#lines += lines;
    this.#bytes += bytes;
    if (this.#lines <= MAX_LINES_PER_SECOND && this.#bytes <= MAX_BYTES_PER_SECOND) return;
    this.#stream.pause();
    setTimeout(() => this.#stream.resume(), this.#secondBeganAt + SECOND_MS - now);
    if (now - this.#reportedAt < REPORT_INTERVAL_MS) return;
    this.#reportedAt = now;
    this.#onExceeded();
  }
}
