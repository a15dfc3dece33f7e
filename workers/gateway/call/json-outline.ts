import { Buffer } from "node:buffer";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "../../mcp/json-codes.ts";
import { isObject, parseObject } from "../../mcp/json.ts";

/** Most bytes of an outline: no MCP message has so many members that are not nested deeper. */
const MAX_OUTLINE_BYTES = 64 * 1024;
/** Longer strings are empty in the outline. */
const MAX_STRING_BYTES = 256;
/** Arrays and objects in this many others are empty in the outline. */
const OUTLINE_DEPTH = 2;
/** So many bytes of a string without an escape: the rest is searched by the platform, which is faster for long strings. */
const PLAIN_BYTES = 64;

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

/**
 * The outline of a large JSON object as JSON text: its members and those of its object members, with empty arrays and objects
 * below, and without long strings. It shows what message the object is. Null: the bytes are no whole JSON object, or one with
 * too many members. The content of what is nested deeper is not checked.
 */
export function outlineOf(bytes: Uint8Array): string | null {
  const outline = new Uint8Array(MAX_OUTLINE_BYTES);
  let length = 0;
  let depth = 0;
  let hasRoot = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const outerDepth = depth;
    // Nothing but space precedes the root, and nothing else follows it.
    if (outerDepth === 0 && !isSpace(byte)) {
      if (hasRoot || byte !== OPEN_BRACE) return null;
      hasRoot = true;
    }
    if (byte === QUOTE) {
      const end = findStringEnd(bytes, at + 1);
      if (end === -1) return null;
      if (depth <= OUTLINE_DEPTH) {
        const isLong = end - at > MAX_STRING_BYTES;
        const kept = isLong ? EMPTY_STRING : bytes.subarray(at, end + 1);
        if (length + kept.length > MAX_OUTLINE_BYTES) return null;
        outline.set(kept, length);
        length += kept.length;
      }
      at = end;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    if (depth > OUTLINE_DEPTH && outerDepth > OUTLINE_DEPTH) continue;
    if (length === MAX_OUTLINE_BYTES) return null;
    outline[length++] = byte;
  }
  const text = decoder.decode(outline.subarray(0, length));
  return isObject(parseObject(text)) ? text : null;
}

const EMPTY_STRING = new Uint8Array([QUOTE, QUOTE]);

/** The index of the quote that ends a string; -1: none does. `start`: the index after its first quote. */
function findStringEnd(bytes: Uint8Array, start: number): number {
  for (let at = start, plainEnd = start + PLAIN_BYTES; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) return at;
    if (bytes[at] === BACKSLASH) plainEnd = ++at + PLAIN_BYTES;
    else if (at >= plainEnd) {
      // A typed array's own search takes as long as all the rest of a large response.
      const { buffer, byteOffset, length } = bytes;
      const quote = bytesSearch.from(buffer, byteOffset, length).indexOf('"', at, "latin1");
      if (quote === -1) return -1;
      // Goes on at the backslashes before it.
      let next = quote;
      while (next > at && bytes[next - 1] === BACKSLASH) next--;
      at = next - 1;
    }
  }
  return -1;
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}
