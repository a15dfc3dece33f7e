import { sql, type SQL } from "drizzle-orm";
import type { CallOutcome } from "../contract/records/audit.ts";
import { positionOf } from "../contract/records/outcome-rows.ts";

/**
 * Returns the common table expression `rows` for outcomes from `encodeOutcomes`: `position` in the list, and `outcome`
 * as JSONB. The text is parsed once here; otherwise each field access would parse it again.
 */
export function toOutcomeRows(outcomes: string): SQL {
  return sql`rows AS MATERIALIZED (SELECT key AS position, jsonb(value) AS outcome FROM json_each(${outcomes}))`;
}

/** Returns the expression for a field of a row of `toOutcomeRows`. */
export function selectField(name: keyof CallOutcome): SQL {
  return sql.raw(`outcome ->> ${positionOf(name)}`);
}
