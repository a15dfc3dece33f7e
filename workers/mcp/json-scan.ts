/**
 * A look over a JSON text that finds where its outer members stand, without building values.
 * Messages are then edited by splicing, so that what is not ours (arguments, results, large numbers)
 * reaches the other side as the exact text that was sent.
 */

/** Where one member of an object stands in the text; `object` is set when its value is an object that was recorded. */
export interface Member {
  start: number;
  end: number;
  object: ScannedObject | null;
}

/** The members of an object by their (unescaped) names, in the order of the text. */
export interface ScannedObject {
  members: Map<string, Member>;
}

export type ScanProblem = "too_deep" | "too_many_values" | "duplicate_key" | "malformed";

export type Scan = { ok: true; root: ScannedObject | null } | { ok: false; problem: ScanProblem };

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

class Halt {
  readonly problem: ScanProblem;
  constructor(problem: ScanProblem) {
    this.problem = problem;
  }
}

/**
 * Finds the members of the root object, of its object members, and of any `_meta` in those; `root` is null
 * for any other JSON value. Refuses what is nested or counted beyond the limits, and a recorded object that
 * names a key twice. It does not validate: positions are right only for a text that `JSON.parse` accepts.
 */
export function scanJson(text: string, limits: { maxDepth: number; maxNodes: number }): Scan {
  let nodes = 0;

  function skipSpace(at: number): number {
    let code = text.charCodeAt(at);
    while (code === 32 || code === 10 || code === 13 || code === 9) code = text.charCodeAt(++at);
    return at;
  }

  /** Index after the closing quote of the string that opens at `at`. */
  function skipString(at: number): number {
    for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
      let slashes = 0;
      while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
      if (slashes % 2 === 0) return end + 1;
    }
    throw new Halt("malformed");
  }

  function scanValue(at: number, depth: number, record: boolean): { end: number; object: ScannedObject | null } {
    if (++nodes > limits.maxNodes) throw new Halt("too_many_values");
    switch (text.charCodeAt(at)) {
      case QUOTE:
        return { end: skipString(at), object: null };
      case OPEN_BRACE:
        return scanObject(at, depth + 1, record);
      case OPEN_BRACKET:
        return { end: scanArray(at, depth + 1), object: null };
      default: {
        let end = at;
        while (end < text.length && !isDelimiter(text.charCodeAt(end))) end++;
        if (end === at) throw new Halt("malformed");
        return { end, object: null };
      }
    }
  }

  function scanArray(at: number, depth: number): number {
    if (depth > limits.maxDepth) throw new Halt("too_deep");
    at = skipSpace(at + 1);
    if (text.charCodeAt(at) === CLOSE_BRACKET) return at + 1;
    for (;;) {
      at = skipSpace(scanValue(at, depth, false).end);
      const code = text.charCodeAt(at);
      if (code === CLOSE_BRACKET) return at + 1;
      if (code !== COMMA) throw new Halt("malformed");
      at = skipSpace(at + 1);
    }
  }

  function scanObject(at: number, depth: number, record: boolean) {
    if (depth > limits.maxDepth) throw new Halt("too_deep");
    const object: ScannedObject | null = record ? { members: new Map() } : null;
    at = skipSpace(at + 1);
    if (text.charCodeAt(at) === CLOSE_BRACE) return { end: at + 1, object };
    for (;;) {
      if (text.charCodeAt(at) !== QUOTE) throw new Halt("malformed");
      const keyEnd = skipString(at);
      const colon = skipSpace(keyEnd);
      if (text.charCodeAt(colon) !== COLON) throw new Halt("malformed");
      const start = skipSpace(colon + 1);
      const key = object ? keyName(text.slice(at + 1, keyEnd - 1)) : "";
      const value = scanValue(start, depth, object !== null && (depth === 1 || key === "_meta"));
      if (object) {
        if (object.members.has(key)) throw new Halt("duplicate_key");
        object.members.set(key, { start, end: value.end, object: value.object });
      }
      at = skipSpace(value.end);
      const code = text.charCodeAt(at);
      if (code === CLOSE_BRACE) return { end: at + 1, object };
      if (code !== COMMA) throw new Halt("malformed");
      at = skipSpace(at + 1);
    }
  }

  try {
    const start = skipSpace(0);
    return { ok: true, root: scanValue(start, 0, true).object };
  } catch (halt) {
    if (halt instanceof Halt) return { ok: false, problem: halt.problem };
    throw halt;
  }
}

/** The exact text of a member's value; undefined when the object has no such member. */
export function textOf(text: string, object: ScannedObject | null, key: string): string | undefined {
  const member = object?.members.get(key);
  return member && text.slice(member.start, member.end);
}

/**
 * The object's text with members replaced (by JSON text), removed (`null`) or added at the end.
 * All other members keep their exact text and order.
 */
export function editObject(
  text: string,
  object: ScannedObject,
  edits: Record<string, string | null>,
): string {
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

function keyName(raw: string): string {
  if (!raw.includes("\\")) return raw;
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    throw new Halt("malformed");
  }
}

function isDelimiter(code: number): boolean {
  return (
    code === COMMA || code === CLOSE_BRACKET || code === CLOSE_BRACE || code === 32 || code === 10 || code === 13 || code === 9
  );
}
