import { sql } from "drizzle-orm";
import { DAY_MS, HOUR_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";

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
      WHERE EXISTS (SELECT 1 FROM mcp_tool_calls WHERE workspace_id = w.id AND created_at < w.before)
        OR EXISTS (SELECT 1 FROM audit_events WHERE workspace_id = w.id AND occurred_at < w.before)
        OR EXISTS (SELECT 1 FROM usage_steps WHERE workspace_id = w.id AND hours = 24 AND step < w.before / ${DAY_MS})
        OR EXISTS (SELECT 1 FROM usage_steps WHERE workspace_id = w.id AND hours = 1 AND step < w.before / ${HOUR_MS})
        OR EXISTS (SELECT 1 FROM refused_tokens WHERE workspace_id = w.id AND hour < w.before / ${HOUR_MS})
      ORDER BY random() LIMIT ${most}`,
  );
}
