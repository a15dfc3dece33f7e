import { sql, type SQL } from "drizzle-orm";
import type { CallOutcome } from "../contract/records/audit.ts";
import { positionOf } from "../contract/records/outcome-rows.ts";

/**
 * The common table `rows` of outcomes as `encodeOutcomes` makes them: each one's `position` among them, and itself as
 * `outcome`. They are parsed here, once: every field that is looked up in a text would parse that again.
 */
export function outcomeRows(outcomes: string): SQL {
  return sql`rows AS MATERIALIZED (SELECT key AS position, jsonb(value) AS outcome FROM json_each(${outcomes}))`;
}

/** A field of a row of `outcomeRows`. */
export function field(name: keyof CallOutcome): SQL {
  return sql.raw(`outcome ->> ${positionOf(name)}`);
}
