import { decodePercent } from "../workers/contract/text/decode-percent.ts";
import { parseJson } from "../workers/mcp/json.ts";
import { splitSecret, type SecretPart } from "../workers/mcp/secret-parts.ts";

const PLACEHOLDER = "[redacted]";
/** A run of this many characters that occurs inside a secret is a piece of it: a program can wrap or cut a secret. */
const MIN_PIECE_LENGTH = 16;
/** Characters of keys, tokens, base64 and hexadecimal numbers. */
const RUN = new RegExp(`[A-Za-z0-9+/_-]{${MIN_PIECE_LENGTH},}`, "g");
/** Programs quote JSON inside JSON. */
const MAX_JSON_ESCAPES = 2;
const JSON_ESCAPE = /\\(?:u[0-9a-f]{4}|["\\/bfnrt])/gi;
/** One character in UTF-8, percent-encoded. */
const PERCENT_ESCAPE =
  /%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-7](?:%[89ab][0-9a-f]){3}/gi;

/** Removes secrets from texts. */
export interface Redactor {
  /** Replaces the secrets, their parts and pieces, in every encoding. A text must be redacted before it is cut. */
  redact(text: string): string;
  /** Replaces the secrets in the strings of a JSON message. Everything else keeps its exact text. */
  redactMessage(json: string): string;
}

/** A redactor for these secrets. */
export function makeRedactor(secrets: string[]): Redactor {
  const parts = secrets.flatMap(splitSecret);
  const all = encode(parts);
  const long = all.filter((form) => form.length > MIN_PIECE_LENGTH && !form.includes("://"));
  const redactPiece = (run: string) =>
    long.some((form) => form.includes(run)) ? PLACEHOLDER : run;
  const secretParts = parts.filter(({ kind }) => kind !== "description");
  const written = [...encode(secretParts), ...secretParts.flatMap(({ text }) => write(text))];
  const exact = sortByLength([...written, ...written.flatMap(quote)]);
  const quoted = [...new Set(exact.flatMap(quote))];
  return {
    redact: (text) =>
      all.length === 0 ? text : replaceInViews(text, all).replaceAll(RUN, redactPiece),
    redactMessage: (json) => {
      if (!quoted.some((form) => json.includes(form))) return json;
      const redacted = redactStrings(json, exact);
      // With other text around it, a quotation mark can be in the wrong place.
      return parseJson(json) === undefined ? replaceAll(redacted, quoted) : redacted;
    },
  };
}

/**
 * The parts, and the parts in base64 and base64url at each of the three alignments, and in hexadecimal.
 */
function encode(parts: SecretPart[]): string[] {
  const forms = parts.flatMap(({ text }) => {
    const bytes = Buffer.from(text);
    const hex = bytes.toString("hex");
    const base64 = [0, 1, 2].flatMap((shift) => {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
      // The first and the last character depend on the neighbours of the text.
      const range = [Math.ceil((shift * 4) / 3), Math.floor((shifted.length * 4) / 3)] as const;
      return (["base64", "base64url"] as const).map((name) =>
        shifted.toString(name).slice(...range),
      );
    });
    return [text, ...base64, hex, hex.toUpperCase()];
  });
  return sortByLength(forms);
}

/** Longest first: one can be part of another. */
function sortByLength(forms: string[]): string[] {
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length);
}

/** The text, and the text percent-encoded: libraries differ in the marks that they encode. */
function write(text: string): string[] {
  const plain = encodeURIComponent(text.toWellFormed());
  const upper = [
    plain,
    plain.replaceAll(/[!'()~]/g, toPercent),
    plain.replaceAll(/[!'()*]/g, toPercent),
  ];
  const lower = upper.map((form) => form.replaceAll(/%../g, (escape) => escape.toLowerCase()));
  return [text, ...[...upper, ...lower].flatMap((form) => [form, form.replaceAll("%20", "+")])];
}

function toPercent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** The text as different libraries write it into a JSON string. */
function quote(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replaceAll(/[^ -~]/g, toUnicodeEscape);
  return [json, ascii].flatMap((form) => [form, form.replaceAll("/", "\\/")]);
}

function toUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Replaces the forms in every string of a JSON text; other text before or after the JSON is kept. */
function redactStrings(json: string, forms: string[]): string {
  let redacted = "";
  let end = 0;
  for (let start = json.indexOf('"'); start !== -1; start = json.indexOf('"', end)) {
    redacted += json.slice(end, start);
    end = findStringEnd(json, start);
    redacted += redactToken(json.slice(start, end), forms);
  }
  return redacted + json.slice(end);
}

function findStringEnd(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json[end] !== '"') end += json[end] === "\\" ? 2 : 1;
  return Math.min(end + 1, json.length);
}

function redactToken(token: string, forms: string[]): string {
  try {
    const text = String(JSON.parse(token));
    const redacted = replaceAll(text, forms);
    return redacted === text ? token : JSON.stringify(redacted);
  } catch {
    // Not a JSON string: the line is no message, or only its end is one.
    return replaceAll(token, forms);
  }
}

function replaceAll(text: string, forms: string[]): string {
  return forms.reduce((rest, form) => rest.replaceAll(form, PLACEHOLDER), text);
}

/** A decoded text. `places`: the place of each character, and of the end, in the original text; null: it is the original. */
interface View {
  text: string;
  places: number[] | null;
}

/** Replaces the forms in the text, also where it is JSON-escaped, percent-encoded, or both. */
function replaceInViews(original: string, forms: string[]): string {
  const views = new Set<View>();
  let view: View = { text: original, places: null };
  for (let escapes = 0; escapes <= MAX_JSON_ESCAPES; escapes++) {
    const form = decode(view, /\+/g, () => " ");
    views.add(view).add(form);
    views.add(decode(view, PERCENT_ESCAPE, decodePercent));
    views.add(decode(form, PERCENT_ESCAPE, decodePercent));
    view = decode(view, JSON_ESCAPE, (escape) => String(JSON.parse(`"${escape}"`)));
  }
  const isSecret = new Uint8Array(original.length);
  for (const { text, places } of views) {
    for (const form of forms) {
      for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1)) {
        const end = start + form.length;
        isSecret.fill(1, places?.[start] ?? start, places?.[end] ?? end);
      }
    }
  }
  return replaceMarked(original, isSecret);
}

/** The view with each escape decoded; the view itself if it has none. */
function decode(view: View, escape: RegExp, decodeEscape: (escape: string) => string): View {
  const parts: string[] = [];
  const places: number[] = [];
  const placeOf = (index: number) => view.places?.[index] ?? index;
  let end = 0;
  const keepUntil = (index: number) => {
    parts.push(view.text.slice(end, index));
    for (; end < index; end++) places.push(placeOf(end));
  };
  for (const { 0: match, index } of view.text.matchAll(escape)) {
    const decoded = decodeEscape(match);
    keepUntil(index);
    parts.push(decoded);
    for (let count = 0; count < decoded.length; count++) places.push(placeOf(index));
    end = index + match.length;
  }
  if (end === 0) return view;
  keepUntil(view.text.length);
  places.push(placeOf(view.text.length));
  return { text: parts.join(""), places };
}

/** Replaces each marked range by one placeholder. */
function replaceMarked(text: string, isMarked: Uint8Array): string {
  let replaced = "";
  let start = 0;
  while (start < text.length) {
    const kind = isMarked[start];
    let end = start + 1;
    while (end < text.length && isMarked[end] === kind) end++;
    replaced += kind === 1 ? PLACEHOLDER : text.slice(start, end);
    start = end;
  }
  return replaced;
}
