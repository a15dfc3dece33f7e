const NEWLINE = 10;
/** Bytes that are kept of each end of an oversized line. */
const KEPT_BYTES = 256;

/** A line without its line break, or both ends of an oversized line. */
export type Line =
  | { kind: "line"; text: string }
  | { kind: "too_long"; head: string; tail: string };

/** Splits chunks into lines. Buffers at most one line of `maxBytes`. */
export class LineReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;
  /** The first bytes of an oversized line, whose last bytes are in `#parts`; null: the line is not oversized. */
  #head: string | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds a chunk and returns the lines that it completes. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
    return lines;
  }

  #add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#length += bytes.length;
    if (this.#length <= this.#maxBytes) return;
    const buffered = Buffer.concat(this.#parts);
    this.#head ??= buffered.toString("utf8", 0, KEPT_BYTES);
    // A copy, so that the large buffer can be freed.
    this.#parts = [Buffer.from(buffered.subarray(-KEPT_BYTES))];
    this.#length = this.#maxBytes;
  }

  #take(): Line {
    const text = Buffer.concat(this.#parts).toString("utf8").replace(/\r$/, "");
    const head = this.#head;
    this.#parts = [];
    this.#length = 0;
    this.#head = null;
    return head === null ? { kind: "line", text } : { kind: "too_long", head, tail: text };
  }
}
