// ECMAScript 2026, "JSON.parse source text access"; TypeScript's library does not declare it yet.
declare global {
  interface JSON {
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}

/** A parsed JSON object whose numbers can be exact texts. */
export type JsonObject = Record<string, unknown>;

/**
 * Parses JSON so that `JSON.stringify` writes every number with the digits that came. A number that JavaScript would
 * write in another way (int64 bounds, `1.0`) becomes a raw JSON value (ECMAScript, "JSON.rawJSON"). Throws for a text
 * that is not JSON.
 */
export function parseExact(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value, { source }) =>
      typeof value === "number" && source !== undefined && String(value) !== source
        ? JSON.rawJSON(source)
        : value,
    );
  } catch (error) {
    // With a function, the platform reads recursively. Text that is too deep for that is left out by its reader.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

/** Whether a value of `parseExact` is a number. */
export function isNumber(value: unknown): boolean {
  return typeof value === "number" || JSON.isRawJSON(value);
}

/** A number of `parseExact` as JavaScript reads it; NaN for any other value. */
export function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return JSON.isRawJSON(value) ? Number(JSON.stringify(value)) : Number.NaN;
}

/** Whether a value of `parseExact` is an object: no array, no null, no number. */
export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
  );
}
