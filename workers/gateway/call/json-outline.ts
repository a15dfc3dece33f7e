import { Buffer } from "node:buffer";
import { isObject, parseObject } from "../../mcp/json.ts";

/** Most bytes of an outline: no MCP message has so many members that are not nested deeper. */
const MAX_OUTLINE_BYTES = 64 * 1024;
/** Longer strings are empty in the outline. */
const MAX_STRING_BYTES = 256;
/** Arrays and objects in this many others are empty in the outline. */
const OUTLINE_DEPTH = 2;
/** So many bytes of a string without an escape: the rest is searched by the platform, which is faster for long strings. */
const PLAIN_BYTES = 64;

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const decoder = new TextDecoder();

/** The part of Node's `Buffer` that is used. The platform's types have it as `any`. */
interface BytesSearch {
  from(
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ): { indexOf(text: string, start: number, encoding: "latin1"): number };
}
const bytesSearch = Buffer as BytesSearch;

/** What is known of a message whose end has not arrived. */
interface Beginning {
  /** The root's members that are complete. */
  members: Record<string, unknown>;
  /** Name of the member that follows them; null: it has not arrived. */
  next: string | null;
}

/**
 * The outline of a large JSON object, made as its bytes pass: its members and those of its object members, with empty
 * arrays and objects below, and without long strings. It shows whether the object is whole, and what message it is. The
 * content of what is nested deeper is not checked.
 */
export class JsonOutline {
  readonly #outline = new Uint8Array(MAX_OUTLINE_BYTES);
  #length = 0;
  #depth = 0;
  #isInString = false;
  /** Where the current string begins in the outline, after its quote. */
  #stringAt = 0;
  /** The next byte is escaped. */
  #isEscaped = false;
  /** Length of the outline before the last comma between members of the root. */
  #membersEnd = 0;
  #hasRoot = false;
  /** The bytes are no JSON object, or one with too many members. */
  #isBad = false;

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isBad;)
      at = this.#isInString ? this.#readString(bytes, at) : this.#readTokens(bytes, at);
  }

  /** The beginning of the object; null: this is no JSON object. */
  readBeginning(): Beginning | null {
    if (this.#isBad) return null;
    const members = parseObject(`${this.#text(0, this.#membersEnd)}}`);
    const rest = this.#text(this.#membersEnd, this.#length);
    const [, next = null] = /^[\s{,]*"([^"\\]*)"\s*:/.exec(rest) ?? [];
    if (this.#membersEnd > 0) return members && { members, next };
    return { members: {}, next };
  }

  /** The outline as JSON text, after the last byte; null: what arrived is no whole JSON object. */
  end(): string | null {
    const text = this.#text(0, this.#length);
    const isWhole = this.#hasRoot && this.#depth === 0 && !this.#isBad;
    return isWhole && isObject(parseObject(text)) ? text : null;
  }

  #text(start: number, end: number): string {
    return decoder.decode(this.#outline.subarray(start, end));
  }

  /** Reads up to the next string or the end of the bytes. Returns the index of the next byte. */
  #readTokens(bytes: Uint8Array, start: number): number {
    let depth = this.#depth;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      const outerDepth = depth;
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
      if (depth <= OUTLINE_DEPTH || outerDepth <= OUTLINE_DEPTH) {
        this.#depth = depth;
        if (!this.#keepToken(byte, outerDepth)) return bytes.length;
      }
      if (byte !== QUOTE) continue;
      this.#depth = depth;
      this.#isInString = true;
      this.#stringAt = this.#length;
      return at + 1;
    }
    this.#depth = depth;
    return bytes.length;
  }

  /** Adds a byte outside of strings to the outline. False: the object is bad. */
  #keepToken(byte: number, outerDepth: number): boolean {
    if (outerDepth === 0 && !isSpace(byte)) {
      // Nothing precedes the root, and nothing follows it.
      this.#isBad ||= byte !== OPEN_BRACE || this.#hasRoot;
      this.#hasRoot = true;
    }
    if (outerDepth === 1 && byte === COMMA) this.#membersEnd = this.#length;
    this.#keep(byte);
    return !this.#isBad;
  }

  #keep(byte: number): void {
    if (this.#length < MAX_OUTLINE_BYTES) this.#outline[this.#length++] = byte;
    else this.#isBad = true;
  }

  /** Reads the rest of a string, or of the bytes. Returns the index of the next byte. */
  #readString(bytes: Uint8Array, start: number): number {
    if (this.#depth <= OUTLINE_DEPTH) return this.#keepString(bytes, start);
    let at = start + (this.#isEscaped ? 1 : 0);
    this.#isEscaped = false;
    for (let plainEnd = at + PLAIN_BYTES; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return this.#endString(at);
      if (byte === BACKSLASH) plainEnd = ++at + PLAIN_BYTES;
      else if (at >= plainEnd) return this.#skipPlain(bytes, at);
    }
    // A backslash was the last byte.
    this.#isEscaped = at > bytes.length;
    return bytes.length;
  }

  /** Goes on at the next quote, or at the backslashes before it. */
  #skipPlain(bytes: Uint8Array, start: number): number {
    // A typed array's own search takes as long as all the rest of a large response.
    const { buffer, byteOffset, length } = bytes;
    const quote = bytesSearch.from(buffer, byteOffset, length).indexOf('"', start, "latin1");
    let at = quote === -1 ? bytes.length : quote;
    while (at > start && bytes[at - 1] === BACKSLASH) at--;
    return at;
  }

  #keepString(bytes: Uint8Array, start: number): number {
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE && !this.#isEscaped) return this.#endString(at);
      this.#isEscaped = byte === BACKSLASH && !this.#isEscaped;
      if (this.#length - this.#stringAt <= MAX_STRING_BYTES) this.#keep(byte);
    }
    return bytes.length;
  }

  #endString(at: number): number {
    this.#isInString = false;
    if (this.#depth > OUTLINE_DEPTH) return at + 1;
    if (this.#length - this.#stringAt > MAX_STRING_BYTES) this.#length = this.#stringAt;
    this.#keep(QUOTE);
    return at + 1;
  }
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
