import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ServerCheck, UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { HOUR_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import { deleteInSteps, type QueryBudget } from "./query-budget.ts";
import { raiseFailing } from "./raise-alert.ts";
import { serverChecks } from "./schema.ts";

/** Eight parameters a row; D1 allows 100 in a statement. */
const INSERT_ROWS = 12;

/** Adds health checks to the history of their servers, and tells of servers that keep failing. */
export async function insertChecks(
  db: Db,
  rows: { serverId: string; workspaceId: string; check: ServerCheck }[],
): Promise<void> {
  for (let i = 0; i < rows.length; i += INSERT_ROWS) {
    const values = rows.slice(i, i + INSERT_ROWS).map(({ serverId, workspaceId, check }) => ({
      serverId,
      workspaceId,
      checkedAt: check.checkedAt,
      latencyMs: check.latencyMs,
      errorCode: check.error?.code ?? null,
      errorMessage: check.error?.message ?? null,
      httpStatus: check.error?.status ?? null,
    }));
    // Concurrent checks of a server (by a cron trigger and an admin) share one result, which is stored once.
    await db.insert(serverChecks).values(values).onConflictDoNothing();
  }
  for (const { serverId, workspaceId, check } of rows) {
    const code = check.error?.code;
    if (code !== undefined)
      await raiseFailing(db, { serverId, workspaceId, code, at: check.checkedAt });
  }
}

/** Returns a server's health checks, newest first; `before`: only those from before this time (epoch ms). */
export async function listChecks(
  db: Db,
  serverId: string,
  before: number | null,
  limit: number,
): Promise<ServerCheck[]> {
  const rows = await db
    .select()
    .from(serverChecks)
    .where(
      and(
        eq(serverChecks.serverId, serverId),
        before === null ? undefined : lt(serverChecks.checkedAt, before),
      ),
    )
    .orderBy(desc(serverChecks.checkedAt))
    .limit(limit);
  return rows.map(({ checkedAt, latencyMs, ...row }) => ({
    checkedAt,
    latencyMs,
    error: toError(row),
  }));
}

/** Deletes health checks from before an instant (epoch ms), in steps. */
export async function deleteExpiredChecks(
  db: Db,
  before: number,
  budget: QueryBudget,
): Promise<void> {
  const where = sql`checked_at < ${before}`;
  await deleteInSteps(db, budget, { table: "server_checks", key: "server_id, checked_at", where });
}

/**
 * Of the health checks in the hour that begins at `from` (epoch ms), keeps the last one of each server and result: older
 * history is shown by the hour.
 */
export async function rollUpChecks(db: Db, from: number): Promise<void> {
  await db.run(
    sql`DELETE FROM server_checks WHERE (server_id, checked_at) IN (
      SELECT server_id, checked_at FROM (
        SELECT server_id, checked_at,
          row_number() OVER (PARTITION BY server_id, error_code ORDER BY checked_at DESC) AS place
        FROM server_checks WHERE checked_at >= ${from} AND checked_at < ${from + HOUR_MS})
      WHERE place > 1)`,
  );
}

function toError(
  row: Pick<typeof serverChecks.$inferSelect, "errorCode" | "errorMessage" | "httpStatus">,
): UpstreamError | null {
  if (row.errorCode === null) return null;
  const error = { code: row.errorCode, message: row.errorMessage ?? "" };
  return row.httpStatus === null ? error : { ...error, status: row.httpStatus };
}
