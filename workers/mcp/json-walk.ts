import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "./json-codes.ts";

/**
 * Walks over the text of a JSON value without recursion, so that no depth matters, and without building values. Results
 * are correct only for a text that `JSON.parse` accepts.
 */

/** Whether a text has more than about `max` values. It need not be JSON. */
export function hasMoreValues(text: string, max: number): boolean {
  if (text.length <= max) return false;
  let count = 0;
  for (let at = 0; at < text.length && count <= max; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = findEndOfString(text, at);
    else if (code === COMMA || isOpening(code)) count++;
  }
  return count > max;
}

/** Where the value of a member of a response's `result` begins; null: there is no such member. */
export function findResultMember(text: string, name: string): number | null {
  let depth = 0;
  let outerKey = "";
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isOpening(code)) depth++;
    else if (isClosing(code)) depth--;
    else if (code === QUOTE) {
      const start = at;
      at = findEndOfString(text, at);
      const next = skipSpace(text, at + 1);
      if (depth > 2 || text.charCodeAt(next) !== COLON) continue;
      const key: unknown = JSON.parse(text.slice(start, at + 1));
      if (depth === 1) outerKey = String(key);
      else if (outerKey === "result" && key === name) return skipSpace(text, next + 1);
    }
  }
  return null;
}

/** The texts of the elements of the array that begins at `start`. */
export function* splitArray(text: string, start: number): Generator<string, undefined> {
  let depth = 0;
  let elementAt = start + 1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = findEndOfString(text, at);
    else if (isOpening(code)) depth++;
    else if (code === COMMA && depth === 1) {
      yield text.slice(elementAt, at);
      elementAt = at + 1;
    } else if (isClosing(code) && --depth === 0) {
      if (skipSpace(text, elementAt) < at) yield text.slice(elementAt, at);
      return;
    }
  }
}

function isOpening(code: number): boolean {
  return code === OPEN_BRACE || code === OPEN_BRACKET;
}

function isClosing(code: number): boolean {
  return code === CLOSE_BRACE || code === CLOSE_BRACKET;
}

/** Index of the quotation mark that closes the string; the text's length: none does. */
function findEndOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (" \t\r\n".includes(text.charAt(at)) && at < text.length) at++;
  return at;
}
