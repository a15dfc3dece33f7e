import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ServerCheck, UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import type { Db } from "./database.ts";
import { serverChecks } from "./schema.ts";

/** Eight parameters a row, of the 100 that a statement takes. */
const INSERT_ROWS = 12;

/** Adds looks at servers to their history. */
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
    // Looks that were joined (a cron's and an admin's) are one look.
    await db.insert(serverChecks).values(values).onConflictDoNothing();
  }
}

/** A server's looks from before an instant, newest first. */
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

/** Removes looks from before an instant. */
export async function deleteExpiredChecks(db: Db, before: number): Promise<void> {
  await db.run(sql`DELETE FROM server_checks WHERE checked_at < ${before}`);
}

function toError(
  row: Pick<typeof serverChecks.$inferSelect, "errorCode" | "errorMessage" | "httpStatus">,
): UpstreamError | null {
  if (row.errorCode === null) return null;
  const error = { code: row.errorCode, message: row.errorMessage ?? "" };
  return row.httpStatus === null ? error : { ...error, status: row.httpStatus };
}
