import { and, asc, eq, gte, lt, sql } from "drizzle-orm";
import { HOUR_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import { refusedTokens } from "./schema.ts";

/** Refused tokens of one slug, which need not exist, in one hour (hours since 1970, UTC). */
export interface RefusedTokens {
  slug: string;
  hour: number;
  count: number;
}

/** Adds counts to those of the workspaces that exist. */
export async function addRefusedTokens(db: Db, rows: RefusedTokens[]): Promise<void> {
  await db.run(
    sql`INSERT INTO refused_tokens (workspace_id, hour, count)
      SELECT w.id, row.value ->> 'hour', row.value ->> 'count'
      FROM json_each(${JSON.stringify(rows)}) AS row
      JOIN workspaces w ON w.slug = row.value ->> 'slug' AND w.deleted_at IS NULL
      WHERE true ON CONFLICT (workspace_id, hour) DO UPDATE SET count = count + excluded.count`,
  );
}

/** Returns the hours with refused tokens of a workspace since an instant (epoch ms), oldest first. */
export async function listRefusedTokens(
  db: Db,
  workspaceId: string,
  since: number,
): Promise<{ at: number; count: number }[]> {
  const rows = await db
    .select({ hour: refusedTokens.hour, count: refusedTokens.count })
    .from(refusedTokens)
    .where(
      and(
        eq(refusedTokens.workspaceId, workspaceId),
        gte(refusedTokens.hour, Math.floor(since / HOUR_MS)),
      ),
    )
    .orderBy(asc(refusedTokens.hour));
  return rows.map(({ hour, count }) => ({ at: hour * HOUR_MS, count }));
}

/** Deletes the workspace's counts from before an instant (epoch ms). */
export async function deleteExpiredRefusedTokens(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<void> {
  await db
    .delete(refusedTokens)
    .where(
      and(
        eq(refusedTokens.workspaceId, workspaceId),
        lt(refusedTokens.hour, Math.floor(before / HOUR_MS)),
      ),
    );
}
