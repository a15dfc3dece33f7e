import { Memo } from "../runtime/memo.ts";
import { toForms, toSecrets } from "./secret-forms.ts";

/** What the gateway sent to a server. `credentials`: the names of the headers that are secret; absent: all are. */
export interface Sent {
  url: string;
  headers: Record<string, string>;
  credentials?: string[];
}

const REDACTED = "[redacted]";
/** One character per byte. */
const LATIN1 = new TextDecoder("latin1");
const REDACTED_BYTES = new TextEncoder().encode(REDACTED);

/** Redactors that an isolate keeps: each holds the secrets of one server. */
const MAX_REDACTORS = 200;
/** Longest sum of a server's URL and credentials whose redactor is kept. */
const MAX_KEY_LENGTH = 64 * 1024;

/** Tells a text that can hold escaped ASCII characters: JSON's escapes, and percent-encoding. */
const ESCAPE = /\\u00[2-7]|\\\/|%[2-7][\da-f]/i;
/** One escape, at any depth of JSON text within JSON text. */
const ESCAPES = /\\+(?:u00([2-7][\da-f]))?|%([2-7][\da-f])/gi;

/** An escape of JSON, without its backslash, that leaves the first character of a secret out. */
const CUT_ESCAPE = /^(?:u[\da-f]{4}|[bfnrt])/i;
/** An escape, without its backslash, of a character that a secret can have. */
const ESCAPED_CHARACTER = /^u00[2-7]/;

/** Part of a text, from `start` up to `end`. */
interface Span {
  start: number;
  end: number;
}

/**
 * Replaces secrets by `[redacted]`: in every form of `toForms`, and if JSON or a URL escapes their characters. The text
 * of a server without secrets needs none.
 */
export class Redactor {
  readonly #forms: string[];
  /** The forms that contain no other one: without them, a text contains none. */
  readonly #needles: string[];
  readonly #unescaped: string[];
  /** Whether a form has characters that JSON always escapes. */
  readonly #hasEscaped: boolean;

  constructor(secrets: string[]) {
    this.#forms = [...new Set(secrets.flatMap(toForms))];
    this.#needles = this.#forms.filter(
      (form) => !this.#forms.some((other) => other !== form && form.includes(other)),
    );
    // One pass over a text that escapes a form with `%41` in it leaves that unchanged.
    const plain = this.#forms.flatMap((form) => [unescape(form), form.replaceAll("\\", "")]);
    this.#unescaped = [...new Set(plain)];
    this.#hasEscaped = this.#forms.some((form) => /["\\]/.test(form));
  }

  /** The text without secrets. */
  redact(text: string): string {
    const spans = this.#find(text);
    if (spans.length === 0) return text;
    let redacted = "";
    let at = 0;
    for (const { start, end } of spans) {
      redacted += text.slice(at, start) + REDACTED;
      at = end;
    }
    return redacted + text.slice(at);
  }

  /** The bytes of a UTF-8 text without secrets. */
  redactBytes(bytes: Uint8Array): Uint8Array {
    // Secrets are ASCII text, so one character per byte is enough.
    const spans = this.#find(LATIN1.decode(bytes));
    if (spans.length === 0) return bytes;
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const { start, end } of spans) {
      parts.push(bytes.subarray(at, start), REDACTED_BYTES);
      at = end;
    }
    return concatBytes([...parts, bytes.subarray(at)]);
  }

  /** Where the text has secrets: in order, and without overlaps. */
  #find(text: string): Span[] {
    const found: Span[] = [];
    if (this.#needles.some((needle) => text.includes(needle)))
      for (const form of this.#forms) collect(text, form, found);
    const mayBeEscaped = ESCAPE.test(text) || (this.#hasEscaped && text.includes("\\"));
    if (mayBeEscaped) this.#findEscaped(text, found);
    return merge(found).map((span) => keepJson(text, span));
  }

  #findEscaped(text: string, found: Span[]): void {
    const plain = unescape(text);
    const forms = this.#unescaped.filter((form) => plain.includes(form));
    if (forms.length === 0) return;
    const spans: Span[] = [];
    for (const form of forms) collect(plain, form, spans);
    const positions = toPositions(text, plain.length);
    for (const { start, end } of spans)
      found.push({ start: positions[start] ?? 0, end: positions[end] ?? text.length });
  }
}

const redactors = new Memo(
  (key: string) => {
    const [url = "", ...values] = key.split("\n");
    const secrets = toSecrets(url, values);
    return secrets.length > 0 ? new Redactor(secrets) : null;
  },
  { maxEntries: MAX_REDACTORS, maxArgumentLength: MAX_KEY_LENGTH },
);

/** The redactor of what a server was sent; null: the server was sent no secret. */
export function redactorFor({ url, headers, credentials }: Sent): Redactor | null {
  if (credentials?.length === 0) return redactors.get(url);
  const names = credentials ?? Object.keys(headers);
  return redactors.get([url, ...names.map((name) => headers[name] ?? "")].join("\n"));
}

/** The text of a server without the secrets that the server was sent. */
export function redact(text: string, sent: Sent): string {
  return redactorFor(sent)?.redact(text) ?? text;
}

/** The text without escapes, and without any backslash. */
function unescape(text: string): string {
  return text.replaceAll(ESCAPES, (_, code?: string, percent?: string) => {
    const hex = code ?? percent;
    return isCharacter(hex) ? String.fromCharCode(Number.parseInt(hex, 16)) : "";
  });
}

/** Whether an escape is one of a character that the unescaped text has. */
function isCharacter(hex: string | undefined): hex is string {
  return hex !== undefined && hex.toLowerCase() !== "5c";
}

/** For every character of the unescaped text, and its end: where it begins in the text. */
function toPositions(text: string, length: number): Uint32Array {
  const positions = new Uint32Array(length + 1);
  let at = 0;
  let next = 0;
  /** The beginning of the backslashes that belong to the next character. */
  let begin = -1;
  const copyUntil = (end: number) => {
    for (; at < end; at++) {
      positions[next++] = begin === -1 ? at : begin;
      begin = -1;
    }
  };
  for (const match of text.matchAll(ESCAPES)) {
    copyUntil(match.index);
    at = match.index + match[0].length;
    if (begin === -1) begin = match.index;
    if (!isCharacter(match[1] ?? match[2])) continue;
    positions[next++] = begin;
    begin = -1;
  }
  copyUntil(text.length);
  positions[next] = text.length;
  return positions;
}

/**
 * The span with borders that keep a JSON text valid: the escape that it begins in and quotation marks at its borders stay,
 * the escape that it ends in goes.
 */
function keepJson(text: string, { start, end }: Span): Span {
  const isOpen = countBackslashes(text, end) % 2 === 1;
  const isQuoted = text[end - 1] === '"' && countBackslashes(text, end - 1) % 2 === 0;
  return { start: toStart(text, start), end: end + Number(isOpen) - Number(isQuoted) };
}

function toStart(text: string, start: number): number {
  if (text[start] === '"') return start + 1;
  const inHex = /\\u[\da-f]{0,3}$/i.exec(text.slice(Math.max(start - 5, 0), start));
  const letter = inHex ? start - inHex[0].length + 1 : skipBackslashes(text, start);
  const escape = CUT_ESCAPE.exec(text.slice(letter, letter + 5))?.[0] ?? "";
  // Backslashes at the start can belong to the escape of the secret's first character.
  const isOwn = letter > start && ESCAPED_CHARACTER.test(escape);
  const isCut = escape !== "" && text[letter - 1] === "\\" && !isOwn;
  return isCut ? letter + escape.length : start;
}

function skipBackslashes(text: string, index: number): number {
  let at = index;
  while (text[at] === "\\") at++;
  return at;
}

/** How many backslashes stand directly before the index. */
function countBackslashes(text: string, index: number): number {
  let at = index;
  while (text[at - 1] === "\\") at--;
  return index - at;
}

function collect(text: string, form: string, found: Span[]): void {
  for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1))
    found.push({ start, end: start + form.length });
}

/** The spans in order; those that overlap are one. */
function merge(spans: Span[]): Span[] {
  if (spans.length < 2) return spans;
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
}

/** The bytes of all parts. */
function concatBytes(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
