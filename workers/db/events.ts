import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { auditEvents } from "./schema.ts";

const EXPORT_PAGE_ROWS = 1_000;

export interface EventFilters {
  /** Epoch ms, inclusive. */
  from?: number | undefined;
  /** Epoch ms, exclusive. */
  to?: number | undefined;
}

/** An event with its number, by which lists are paged. */
export type NumberedEvent = AuditEvent & { seq: number };

/** The statement that records an event; it belongs in the batch of what the event tells of. */
export function insertEvent(db: Db, event: AuditEvent) {
  return db.insert(auditEvents).values(event);
}

/** Events with numbers below `before`, newest first. */
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

/** Every event that the filters admit, newest first, page by page. */
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

/** Removes the workspace's events from before an instant; returns how many there were. */
export async function deleteExpiredEvents(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<number> {
  const result = await db.run(
    sql`DELETE FROM audit_events WHERE workspace_id = ${workspaceId} AND occurred_at < ${before}`,
  );
  return result.meta.changes;
}
