import { SSE_COMMENT } from "./sse.ts";

const encoder = new TextEncoder();
const COMMENT = encoder.encode(SSE_COMMENT);
/** Comments follow each other at least after this time: they only tell that the stream is alive. */
const COMMENT_INTERVAL_MS = 200;

/**
 * Writes an event stream for one reader. A write fails only when the reader has disconnected; it then returns false.
 */
export class SseWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #isCommentPending = false;
  #commentedAt = 0;
  #isLastWritten = false;

  constructor(writable: WritableStream<Uint8Array>) {
    this.#writer = writable.getWriter();
  }

  /** Rejects when the reader disconnects. */
  get closed(): Promise<void> {
    return this.#writer.closed;
  }

  /** Writes whole events. */
  write(events: string): Promise<boolean> {
    return succeeds(this.#writer.write(encoder.encode(events)));
  }

  /**
   * Writes the last events. No comment follows them: the reader does not read on, and an unread comment would look like a
   * reader that has disconnected.
   */
  writeLast(events: string): Promise<boolean> {
    this.#isLastWritten = true;
    return this.write(events);
  }

  /** Tells the reader that the stream is alive, unless the last comment is a moment old, or unread. */
  async writeComment(): Promise<void> {
    if (this.#isCommentPending || this.#isLastWritten) return;
    if (Date.now() - this.#commentedAt < COMMENT_INTERVAL_MS) return;
    this.#commentedAt = Date.now();
    this.#isCommentPending = true;
    await succeeds(this.#writer.write(COMMENT));
    this.#isCommentPending = false;
  }

  /** Breaks the stream off. */
  abort(reason: Error): Promise<boolean> {
    return succeeds(this.#writer.abort(reason));
  }

  close(): Promise<boolean> {
    return succeeds(this.#writer.close());
  }
}

function succeeds(written: Promise<void>): Promise<boolean> {
  return written.then(
    () => true,
    () => false,
  );
}
