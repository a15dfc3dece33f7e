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
 * Scans a JSON text and records the positions of its outer members, without building values. Messages are edited by
 * splicing, so that all other content (arguments, results, large numbers) is forwarded as the exact text that was sent.
 */

/** The position of a member's value in the text; `object` is set when the value is an object that was recorded. */
interface Member {
  start: number;
  end: number;
  object: ScannedObject | null;
}

/** The members of an object by their (unescaped) names, in the order of the text. */
export interface ScannedObject {
  members: ReadonlyMap<string, Member>;
}

/** For `editObject`: the new JSON text of each member, null to remove it. */
export type ObjectEdits = Record<string, string | null>;

/** Bounds of a scan: depth of nesting, and number of values. */
export interface ScanLimits {
  maxDepth: number;
  maxNodes: number;
}

/** Limits for a server's messages. Their size is limited already; beyond this depth no client could parse them. */
export const RESPONSE_LIMITS: ScanLimits = { maxDepth: 1_000, maxNodes: Infinity };

/** An object without members, where a message has none to edit. */
export const EMPTY_OBJECT: ScannedObject = { members: new Map() };

/** Why a text was refused. */
export type ScanProblem = "too_deep" | "too_many_values" | "duplicate_key" | "malformed";

/** Result of a scan; `root`: null when the JSON value is not an object. */
export type Scan = { ok: true; root: ScannedObject | null } | { ok: false; problem: ScanProblem };

/** Thrown to end a scan from any depth. */
class Halt extends Error {
  readonly problem: ScanProblem;
  constructor(problem: ScanProblem) {
    super(problem);
    this.problem = problem;
  }
}

/**
 * Records the members of the root object, of its object members, and of any `_meta` in those. Refuses a text beyond the
 * limits, and a recorded object with a duplicate key (parsers differ in which one counts). It does not validate:
 * positions are correct only for a text that `JSON.parse` accepts.
 */
export function scanJson(text: string, limits: ScanLimits): Scan {
  try {
    return { ok: true, root: new Scanner(text, limits).scan() };
  } catch (halt) {
    if (halt instanceof Halt) return { ok: false, problem: halt.problem };
    throw halt;
  }
}

class Scanner {
  readonly #text: string;
  readonly #limits: ScanLimits;
  #nodes = 0;

  constructor(text: string, limits: ScanLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  scan(): ScannedObject | null {
    return this.#value(this.#skipSpace(0), 0, true).object;
  }

  #value(
    at: number,
    depth: number,
    record: boolean,
  ): { end: number; object: ScannedObject | null } {
    if (++this.#nodes > this.#limits.maxNodes) throw new Halt("too_many_values");
    switch (this.#text.charCodeAt(at)) {
      case QUOTE:
        return { end: this.#skipString(at), object: null };
      case OPEN_BRACE:
        return this.#object(at, depth + 1, record);
      case OPEN_BRACKET:
        return { end: this.#array(at, depth + 1), object: null };
      default:
        return { end: this.#skipScalar(at), object: null };
    }
  }

  #array(start: number, depth: number): number {
    if (depth > this.#limits.maxDepth) throw new Halt("too_deep");
    let at = this.#skipSpace(start + 1);
    if (this.#text.charCodeAt(at) === CLOSE_BRACKET) return at + 1;
    for (;;) {
      at = this.#skipSpace(this.#value(at, depth, false).end);
      const code = this.#text.charCodeAt(at);
      if (code === CLOSE_BRACKET) return at + 1;
      if (code !== COMMA) throw new Halt("malformed");
      at = this.#skipSpace(at + 1);
    }
  }

  #object(
    start: number,
    depth: number,
    record: boolean,
  ): { end: number; object: ScannedObject | null } {
    if (depth > this.#limits.maxDepth) throw new Halt("too_deep");
    const members = record ? new Map<string, Member>() : null;
    let at = this.#skipSpace(start + 1);
    if (this.#text.charCodeAt(at) === CLOSE_BRACE)
      return { end: at + 1, object: members && { members } };
    for (;;) {
      at = this.#skipSpace(this.#member(at, depth, members));
      const code = this.#text.charCodeAt(at);
      if (code === CLOSE_BRACE) return { end: at + 1, object: members && { members } };
      if (code !== COMMA) throw new Halt("malformed");
      at = this.#skipSpace(at + 1);
    }
  }

  /** Index after the member that begins at `at`. The member is recorded in `members`, if given. */
  #member(at: number, depth: number, members: Map<string, Member> | null): number {
    if (this.#text.charCodeAt(at) !== QUOTE) throw new Halt("malformed");
    const keyEnd = this.#skipString(at);
    const colon = this.#skipSpace(keyEnd);
    if (this.#text.charCodeAt(colon) !== COLON) throw new Halt("malformed");
    const start = this.#skipSpace(colon + 1);
    const key = members ? unescapeKey(this.#text.slice(at + 1, keyEnd - 1)) : "";
    const value = this.#value(start, depth, members !== null && (depth === 1 || key === "_meta"));
    if (members?.has(key)) throw new Halt("duplicate_key");
    members?.set(key, { start, end: value.end, object: value.object });
    return value.end;
  }

  #skipSpace(start: number): number {
    let at = start;
    while (isSpace(this.#text.charCodeAt(at))) at++;
    return at;
  }

  /** Index after the closing quote of the string that opens at `at`. */
  #skipString(at: number): number {
    for (
      let end = this.#text.indexOf('"', at + 1);
      end !== -1;
      end = this.#text.indexOf('"', end + 1)
    ) {
      let slashes = 0;
      while (this.#text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
      if (slashes % 2 === 0) return end + 1;
    }
    throw new Halt("malformed");
  }

  #skipScalar(start: number): number {
    let at = start;
    while (at < this.#text.length && !isDelimiter(this.#text.charCodeAt(at))) at++;
    if (at === start) throw new Halt("malformed");
    return at;
  }
}

/** The exact text of a member's value; undefined when the object has no such member. */
export function findMemberText(
  text: string,
  object: ScannedObject | null,
  key: string,
): string | undefined {
  const member = object?.members.get(key);
  return member && text.slice(member.start, member.end);
}

/**
 * The object's text with members replaced (by JSON text), removed (`null`) or added at the end.
 * All other members keep their exact text and order.
 */
export function editObject(text: string, object: ScannedObject, edits: ObjectEdits): string {
  const parts: string[] = [];
  for (const [key, member] of object.members) {
    const edit = Object.hasOwn(edits, key) ? edits[key] : undefined;
    if (edit === null) continue;
    parts.push(`${JSON.stringify(key)}:${edit ?? text.slice(member.start, member.end)}`);
  }
  for (const [key, edit] of Object.entries(edits)) {
    if (edit !== null && !object.members.has(key)) parts.push(`${JSON.stringify(key)}:${edit}`);
  }
  return `{${parts.join(",")}}`;
}

function unescapeKey(raw: string): string {
  if (!raw.includes("\\")) return raw;
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    // JSON.parse fails only for a malformed string.
    throw new Halt("malformed");
  }
}

function isDelimiter(code: number): boolean {
  return code === COMMA || code === CLOSE_BRACKET || code === CLOSE_BRACE || isSpace(code);
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}
