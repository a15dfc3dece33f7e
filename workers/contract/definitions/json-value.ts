/** Longest definition that is read, characters. Longer than any that the gateway accepts from a server. */
const MAX_LENGTH = 2_000_000;
/** Deepest nesting of objects and lists that is read. */
const MAX_DEPTH = 100;

/** A JSON object. Members are looked up with `getOwn`, as a server can name one `__proto__`. */
export type JsonObject = Record<string, unknown>;

/**
 * A value of a JSON text; undefined: the text is no JSON, too long or too deep. An integer that a number cannot hold is a
 * bigint, so that two of them are not taken for one.
 */
export function readJson(text: string): unknown {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    const value = parse(text, toExact);
    return isTooDeep(value, 0) ? undefined : value;
  } catch {
    // No JSON, or nested too deeply for the platform.
    return undefined;
  }
}

// ECMAScript 2026, "JSON.parse source text access"; TypeScript's library does not declare it yet.
const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

function toExact(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  if (source === undefined || !/^-?\d{1,400}$/.test(source)) return value;
  const exact = BigInt(source);
  return Number.isFinite(value) && BigInt(value) === exact ? value : exact;
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth >= MAX_DEPTH || Object.values(value).some((member) => isTooDeep(member, depth + 1));
}

/** Whether a value is a JSON object: no list, no null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of an object; undefined: there is none, or the value is no object. */
export function getOwn(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/**
 * JSON with the members in one order and numbers in one form. Two values are equal exactly if these texts are. An undefined
 * member counts as an absent one.
 */
export function writeJson(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  // Files of clients can have dates.
  if (value instanceof Date) return JSON.stringify(value);
  if (!isObject(value)) return value === 0 ? "0" : String(value);
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${writeJson(value[name])}`);
  return `{${members.join(",")}}`;
}

/** Whether two values are the same. An absent one is undefined. */
export function isEqual(a: unknown, b: unknown): boolean {
  return a === b || writeJson(a) === writeJson(b);
}

/** A path below another one (RFC 6901). */
export function toPointer(path: string, name: string | number): string {
  return `${path}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
