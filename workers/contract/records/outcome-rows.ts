import type { CallOutcome } from "./audit.ts";

/**
 * The order of an outcome's values where it travels as an array: half as long as an object, and read by SQLite in half
 * the time. A new field comes last.
 */
const FIELDS = [
  "seq",
  "memberId",
  "tokenId",
  "serverSlug",
  "toolName",
  "method",
  "status",
  "errorCode",
  "latencyMs",
  "protocolVersion",
  "clientName",
  "createdAt",
] as const satisfies (keyof CallOutcome)[];

/** Where a field stands in an outcome's array. */
export function positionOf(field: keyof CallOutcome): number {
  return FIELDS.indexOf(field);
}

/** Outcomes as a JSON array of arrays. */
export function encodeOutcomes(outcomes: CallOutcome[]): string {
  return JSON.stringify(outcomes.map((outcome) => FIELDS.map((field) => outcome[field])));
}

/** Some fields of each outcome in a text that `encodeOutcomes` made. */
export function readOutcomes<F extends keyof CallOutcome>(
  text: string,
  fields: F[],
): Pick<CallOutcome, F>[] {
  // Casts: `encodeOutcomes` made the text, an array of arrays with the fields in the order of `FIELDS`.
  const rows = JSON.parse(text) as unknown[][];
  return rows.map(
    (row) =>
      Object.fromEntries(fields.map((field) => [field, row[positionOf(field)]])) as Pick<
        CallOutcome,
        F
      >,
  );
}

/** The outcomes of several texts, none of them empty, as one; nothing is parsed. */
export function joinOutcomes(texts: string[]): string {
  return `[${texts.map((text) => text.slice(1, -1)).join(",")}]`;
}
