import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { deleteInSteps, type DeletionSteps } from "./deletion-steps.ts";
import { auditEvents } from "./schema.ts";

/** Rows that an export reads with one query. */
const EXPORT_PAGE_ROWS = 1_000;

/** A time range for audit events; an undefined end is open. */
export interface EventFilters {
  /** Epoch ms, inclusive. */
  from?: number | undefined;
  /** Epoch ms, exclusive. */
  to?: number | undefined;
}

/** An audit event with its number, which serves as the page cursor. */
export type NumberedEvent = AuditEvent & { seq: number };

/** Returns the statement that stores an audit event. It belongs in the same batch as the change. */
export function insertEvent(db: Db, event: AuditEvent) {
  return db.insert(auditEvents).values(event);
}

/** Stores an event that is not part of a change, unless the workspace has an event with its id. */
export async function insertEventOnce(db: Db, event: AuditEvent): Promise<void> {
  const { id, workspaceId, actor, action, object, detail, occurredAt } = event;
  await db.run(
    sql`INSERT INTO audit_events (id, workspace_id, actor, action, object, detail, occurred_at)
      SELECT ${id}, ${workspaceId}, ${actor}, ${action}, ${object}, ${JSON.stringify(detail)}, ${occurredAt}
      WHERE NOT EXISTS (SELECT 1 FROM audit_events WHERE workspace_id = ${workspaceId} AND id = ${id})`,
  );
}

/** Returns audit events in the time range, newest first; `before`: only those with a smaller number. */
export async function listEvents(
  db: Db,
  workspaceId: string,
  filters: EventFilters,
  before: number | null,
  limit: number,
): Promise<NumberedEvent[]> {
  return db
    .select()
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.workspaceId, workspaceId),
        before === null ? undefined : lt(auditEvents.seq, before),
        filters.from === undefined ? undefined : gte(auditEvents.occurredAt, filters.from),
        filters.to === undefined ? undefined : lt(auditEvents.occurredAt, filters.to),
      ),
    )
    .orderBy(desc(auditEvents.seq))
    .limit(limit);
}

/** Yields all audit events in the time range, newest first, in pages. */
export async function* exportEvents(
  db: Db,
  workspaceId: string,
  filters: EventFilters,
): AsyncGenerator<NumberedEvent[]> {
  for (let before: number | null = null; ;) {
    const page: NumberedEvent[] = await listEvents(
      db,
      workspaceId,
      filters,
      before,
      EXPORT_PAGE_ROWS,
    );
    if (page.length > 0) yield page;
    if (page.length < EXPORT_PAGE_ROWS) return;
    before = page.at(-1)?.seq ?? null;
  }
}

/** Deletes the workspace's audit events from before an instant (epoch ms), in steps, and returns their number. */
export async function deleteExpiredEvents(
  db: Db,
  workspaceId: string,
  before: number,
  steps: DeletionSteps,
): Promise<number> {
  const where = sql`workspace_id = ${workspaceId} AND occurred_at < ${before}`;
  return deleteInSteps(db, steps, { table: "audit_events", key: "seq", where });
}
