import { and, desc, eq, getTableColumns, lt, sql } from "drizzle-orm";
import type { ReportStatus } from "../contract/api/marketplace-reports.ts";
import type { AuditAction } from "../contract/records/audit-actions.ts";
import { DEPLOYMENT } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { marketplaceReports } from "./marketplace-curation-schema.ts";
import { marketplaceInstallVisits } from "./marketplace-schema.ts";
import { users } from "./people-schema.ts";
import { auditEvents } from "./schema.ts";

/** A stored report. */
export type ReportRow = typeof marketplaceReports.$inferSelect;

/** Open reports of one server, and of all: what an operator can read, and about 10 MB. */
const MAX_OPEN_OF_SERVER = 20;
const MAX_OPEN = 10_000;

const { id, name, kind, status, createdAt, closedAt, closedBy } = marketplaceReports;
const visits = marketplaceInstallVisits;

/**
 * Stores a report, unless the visit has reported already (`repeated`), or too many reports are open (`full`). `digest`: of
 * the visitor and the server, which the clean-up deletes after the day.
 */
export async function insertReport(
  db: Db,
  report: Pick<ReportRow, "id" | "name" | "kind" | "text" | "createdAt">,
  { day, digest }: { day: number; digest: string },
): Promise<"stored" | "repeated" | "full"> {
  const isVisit = and(eq(visits.day, day), eq(visits.digest, digest));
  const open = sql`FROM ${marketplaceReports} WHERE ${status} = 'open'`;
  const [inserted, visited] = await db.batch([
    db
      .insert(marketplaceReports)
      .select(
        sql`SELECT ${report.id}, ${report.name}, ${report.kind}, ${report.text}, 'open', ${report.createdAt}, NULL, NULL, NULL
          WHERE NOT EXISTS (SELECT 1 FROM ${visits} WHERE ${isVisit})
            AND (SELECT count(*) ${open} AND ${name} = ${report.name}) < ${MAX_OPEN_OF_SERVER}
            AND (SELECT count(*) ${open}) < ${MAX_OPEN}`,
      )
      .returning({ id }),
    db.select({ day: visits.day }).from(visits).where(isVisit),
    db
      .insert(visits)
      .select(sql`SELECT ${day}, ${digest} FROM ${marketplaceReports} WHERE ${id} = ${report.id}`),
  ]);
  if (inserted.length > 0) return "stored";
  return visited.length > 0 ? "repeated" : "full";
}

/** Returns a page of reports with a status and the names of the users who closed them (null: the operator), newest first. */
export async function listReports(
  db: Db,
  wanted: ReportStatus,
  { limit, offset }: { limit: number; offset: number },
): Promise<ReportRow[]> {
  return db
    .select({ ...getTableColumns(marketplaceReports), closedBy: users.name })
    .from(marketplaceReports)
    .leftJoin(users, eq(users.id, closedBy))
    .where(eq(status, wanted))
    .orderBy(desc(createdAt), desc(id))
    .limit(limit)
    .offset(offset);
}

/** Closes an open report, with its audit event, which has no text of a person. False: there is no such open report. */
export async function closeReport(
  db: Db,
  wanted: string,
  closing: { status: Exclude<ReportStatus, "open">; note: string; actor: string; at: number },
): Promise<boolean> {
  const where = and(eq(id, wanted), eq(status, "open"));
  const action: AuditAction = `marketplace_report.${closing.status}`;
  // The event comes first: it is stored for a report that is open, which the second statement closes.
  const [, closed] = await db.batch([
    db.insert(auditEvents).select(
      sql`SELECT NULL, 'evt_' || lower(hex(randomblob(12))), ${DEPLOYMENT}, ${closing.actor}, ${action},
        'marketplace-report:' || ${id}, json_object('name', ${name}, 'kind', ${kind}), ${closing.at}
        FROM ${marketplaceReports} WHERE ${where}`,
    ),
    db
      .update(marketplaceReports)
      .set({
        status: closing.status,
        note: closing.note,
        closedAt: closing.at,
        closedBy: closing.actor,
      })
      .where(where)
      .returning({ id }),
  ]);
  return closed.length > 0;
}

/** Deletes the reports that were closed before an instant (epoch ms). */
export async function deleteExpiredReports(db: Db, before: number): Promise<void> {
  await db.delete(marketplaceReports).where(lt(closedAt, before));
}
