import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ServerCheck, UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import type { Db } from "./database.ts";
import { deleteInSteps, type DeletionSteps } from "./deletion-steps.ts";
import { serverChecks } from "./schema.ts";

/** Eight parameters a row; D1 allows 100 in a statement. */
const INSERT_ROWS = 12;

/** Adds health checks to the history of their servers. */
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
  steps: DeletionSteps,
): Promise<void> {
  const where = sql`checked_at < ${before}`;
  await deleteInSteps(db, steps, { table: "server_checks", key: "server_id, checked_at", where });
}

function toError(
  row: Pick<typeof serverChecks.$inferSelect, "errorCode" | "errorMessage" | "httpStatus">,
): UpstreamError | null {
  if (row.errorCode === null) return null;
  const error = { code: row.errorCode, message: row.errorMessage ?? "" };
  return row.httpStatus === null ? error : { ...error, status: row.httpStatus };
}
