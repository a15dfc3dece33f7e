/** Larger buffers are released when their text is taken; smaller ones are used again. */
const KEPT_BYTES = 64 * 1024;
const MIN_BYTES = 256;

const decoder = new TextDecoder();

/**
 * Collects the bytes of one text, up to a limit. It copies them into one buffer that grows: a list of small chunks takes
 * many times the memory of their bytes.
 */
export class ByteBuffer {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** The collected bytes, valid until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Adds bytes. False: together they exceed the limit, and none was added. */
  append(bytes: Uint8Array): boolean {
    const length = this.#length + bytes.length;
    if (length > this.#maxBytes) return false;
    if (length > this.#bytes.length) {
      const doubled = Math.min(2 * this.#bytes.length, this.#maxBytes);
      const grown = new Uint8Array(Math.max(length, doubled, MIN_BYTES));
      grown.set(this.bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
    return true;
  }

  /** Removes all bytes. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(0);
  }

  /** Removes all bytes and returns their text (UTF-8), without a byte order mark. */
  takeText(): string {
    const text = decoder.decode(this.bytes);
    this.clear();
    return text;
  }
}
