import { sql } from "drizzle-orm";
import { DAY_MS, HOUR_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";

/** Sequence numbers follow time, so that a workspace's first calls show whether any are expired. */
const FIRST_CALLS = 100;

/** A workspace with rows that are past its retention: those from before `before` (epoch ms). */
export interface ExpiredWorkspace {
  id: string;
  before: number;
}

/**
 * Returns the workspaces that have expired rows, in random order, so that a large one does not keep the others from their
 * turn. Includes deleted workspaces, whose rows still exist. `now`: epoch ms; `most`: of them.
 */
export async function listExpiredWorkspaces(
  db: Db,
  now: number,
  most: number,
): Promise<ExpiredWorkspace[]> {
  return db.all<ExpiredWorkspace>(
    sql`SELECT w.id, w.before FROM (SELECT id, ${now} - retention_days * ${DAY_MS} AS before FROM workspaces) w
      WHERE EXISTS (SELECT 1 FROM (SELECT created_at FROM mcp_tool_calls WHERE workspace_id = w.id
          ORDER BY seq LIMIT ${FIRST_CALLS}) WHERE created_at < w.before)
        OR EXISTS (SELECT 1 FROM audit_events WHERE workspace_id = w.id AND occurred_at < w.before)
        OR EXISTS (SELECT 1 FROM usage_steps WHERE workspace_id = w.id AND hours = 24 AND step < w.before / ${DAY_MS})
        OR EXISTS (SELECT 1 FROM usage_steps WHERE workspace_id = w.id AND hours = 1 AND step < w.before / ${HOUR_MS})
        OR EXISTS (SELECT 1 FROM server_requests WHERE workspace_id = w.id AND created_at < w.before AND closed_at < w.before)
        OR EXISTS (SELECT 1 FROM refused_tokens WHERE workspace_id = w.id AND hour < w.before / ${HOUR_MS})
      ORDER BY random() LIMIT ${most}`,
  );
}

/**
 * Deletes what is left of deleted workspaces whose retention has ended and whose rows are deleted. `now`: epoch ms;
 * `most`: of them.
 */
export async function purgeDeletedWorkspaces(db: Db, now: number, most: number): Promise<void> {
  const hasNo = (table: string) =>
    sql`NOT EXISTS (SELECT 1 FROM ${sql.raw(table)} WHERE workspace_id = workspaces.id)`;
  const rowsAreGone = sql.join(
    [
      "mcp_tool_calls",
      "audit_events",
      "usage_steps",
      "refused_tokens",
      "instance_days",
      "former_members",
    ].map(hasNo),
    sql` AND `,
  );
  await db.run(
    sql`DELETE FROM workspaces WHERE id IN (SELECT id FROM workspaces
      WHERE deleted_at < ${now} - retention_days * ${DAY_MS} AND ${rowsAreGone} LIMIT ${most})`,
  );
}
