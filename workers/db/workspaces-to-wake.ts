import { sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { kidOfWrappedKey } from "./wrapped-keys.ts";

/** What the cron looks for. */
export interface WakeQuery {
  /** Workspaces whose last check is from before this time, epoch ms. */
  checkedBefore: number;
  /** Workspaces whose data key is wrapped with one of these master keys. */
  olderKids: string[];
  most: number;
}

/**
 * Returns the slugs of workspaces under an older master key, then of those that do not check their enabled servers, the
 * one without a check for longest first.
 */
export async function listWorkspacesToWake(
  db: Db,
  { checkedBefore, olderKids, most }: WakeQuery,
): Promise<string[]> {
  const rows = await db.all<{ slug: string }>(
    sql`WITH states AS (
      SELECT slug, ${kidOfWrappedKey} IN (SELECT value FROM json_each(${JSON.stringify(olderKids)})) AS is_under_older,
        (SELECT max(coalesce((SELECT max(checked_at) FROM server_checks WHERE server_id = servers.id), 0))
          FROM servers WHERE workspace_id = workspaces.id AND enabled) AS checked_at
      FROM workspaces WHERE deleted_at IS NULL)
    SELECT slug FROM states WHERE is_under_older OR checked_at < ${checkedBefore}
    ORDER BY is_under_older DESC, checked_at LIMIT ${most}`,
  );
  return rows.map(({ slug }) => slug);
}
