import type { CallOutcome } from "./audit.ts";

/**
 * The order of an outcome's fields in its array encoding, which has half the length of an object and is parsed by
 * SQLite in half the time. A new field must be appended: texts of older releases end before it, and it reads as null,
 * a missing `count` as 1.
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
  "clientVersion",
  "resendReason",
  "count",
  "rule",
] as const satisfies (keyof CallOutcome)[];

/** The index of a field in an outcome's array. */
export function positionOf(field: keyof CallOutcome): number {
  return FIELDS.indexOf(field);
}

/** Encodes outcomes as a JSON array of arrays. */
export function encodeOutcomes(outcomes: CallOutcome[]): string {
  return JSON.stringify(outcomes.map((outcome) => FIELDS.map((field) => outcome[field])));
}

/** Reads some fields of each outcome in a text of `encodeOutcomes`. */
export function readOutcomes<F extends keyof CallOutcome>(
  text: string,
  fields: F[],
): Pick<CallOutcome, F>[] {
  // Only `encodeOutcomes` makes these texts, so each value has the type of its field.
  const rows = JSON.parse(text) as unknown[][];
  return rows.map(
    (row) =>
      Object.fromEntries(fields.map((field) => [field, row[positionOf(field)] ?? null])) as Pick<
        CallOutcome,
        F
      >,
  );
}

/** Joins texts of `encodeOutcomes`, each with at least one outcome, without parsing them. */
export function joinOutcomes(texts: string[]): string {
  return `[${texts.map((text) => text.slice(1, -1)).join(",")}]`;
}
