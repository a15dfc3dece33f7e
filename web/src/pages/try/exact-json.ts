/** Of the proposal "JSON.parse source text access", which TypeScript does not describe yet. */
interface SourceTextAccess {
  rawJSON?: (text: string) => object;
  isRawJSON?: (value: unknown) => boolean;
}
// A cast, because browsers before 2025 do not have these functions: they round long numbers.
const { rawJSON, isRawJSON } = JSON as SourceTextAccess;

/** More digits than a number of JavaScript always keeps. */
const MAX_DIGITS = 15;

/**
 * Parses JSON. A number that JavaScript would round stays as it is written, in an object that `JSON.stringify` writes with
 * the same digits.
 * @throws SyntaxError for text that is no JSON
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? toExactNumber(value, context?.source ?? String(value)) : value,
  );
}

/** The number that a source text means: as a number, or in an object that keeps digits that a number would lose. */
export function toExactNumber(value: number, source: string): unknown {
  const isInteger = /^-?\d+$/.test(source);
  const isKept = isInteger
    ? Number.isSafeInteger(value)
    : Number.isFinite(value) && source.replaceAll(/\D/g, "").length <= MAX_DIGITS;
  return isKept || String(value) === source || !rawJSON ? value : rawJSON(source);
}

/** Whether a value has a number that JavaScript would round. */
export function hasLongNumber(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isLongNumber(value) || Object.values(value).some(hasLongNumber);
}

/** Whether a value is a number that keeps its digits. */
export function isLongNumber(value: unknown): boolean {
  return isRawJSON?.(value) === true;
}
