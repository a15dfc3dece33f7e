const NEWLINE = 10;
/** How much is kept of either end of a line that is too long. */
const KEPT_BYTES = 256;

/** A line without its end, or what is left of one that exceeds the limit. */
export type Line =
  | { kind: "line"; text: string }
  | { kind: "too_long"; head: string; tail: string };

/** Cuts bytes into lines and holds at most one line of the given size. */
export class LineReader {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #length = 0;
  /** The first bytes of the line, once it is too long; its last bytes are what `#parts` then holds. */
  #head: string | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

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
    const held = Buffer.concat(this.#parts);
    this.#head ??= held.toString("utf8", 0, KEPT_BYTES);
    // A copy, so that the large buffer can go.
    this.#parts = [Buffer.from(held.subarray(-KEPT_BYTES))];
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
