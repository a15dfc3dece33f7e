import { and, desc, eq, getTableColumns, gte, lt, lte, notLike, sql, type SQL } from "drizzle-orm";
import { PERSON } from "../contract/records/audit-actions.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import { MINUTE_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import { deleteInSteps, type QueryBudget } from "./query-budget.ts";
import { auditEvents } from "./schema.ts";

/** Rows that an export reads with one query. */
const EXPORT_PAGE_ROWS = 1_000;

/** Filters for audit events. An event must match all that are defined. */
export interface EventFilters {
  /** Epoch ms, inclusive. */
  from?: number | undefined;
  /** Epoch ms, exclusive. */
  to?: number | undefined;
  /** An action, or the beginning of actions and `*`. */
  action?: string | undefined;
  /** A person's ids, of `findPersonIds`: events that this person has caused, or that concern the person or its tokens. */
  person?: string[] | undefined;
  /** The changed entity, as in `AuditEvent.object`. */
  object?: string | undefined;
  /** Only events with this number or a smaller one. */
  upTo?: number | undefined;
  /** Leaves out events about people: their sign-ins are for owners. */
  withoutPeople?: boolean | undefined;
}

/** An audit event with its number in the deployment, by which events are ordered. */
export type NumberedEvent = AuditEvent & { seq: number };

/** Returns the statement that stores an audit event. It belongs in the same batch as the change. */
export function insertEvent(db: Db, event: AuditEvent) {
  return db.insert(auditEvents).values(event);
}

/**
 * Returns the statements that store an event about a person's account: in the deployment's log for the operator, and in
 * each workspace of which the person is a member, for its owners. A workspace's event has the method, reason or number
 * of `detail`, and no name, address or browser. They belong in the same batch as the change.
 */
export function insertPersonEvent(db: Db, userId: string, event: AuditEvent) {
  const { actor, action, detail, occurredAt } = event;
  const { method, reason } = detail;
  const shown = JSON.stringify({ method, reason });
  const forWorkspaces = db.insert(auditEvents).select(
    sql`SELECT NULL, 'evt_' || lower(hex(randomblob(12))), members.workspace_id, ${actor}, ${PERSON + action},
      ${`user:${userId}`}, ${shown}, ${occurredAt} FROM members WHERE members.user_id = ${userId}`,
  );
  return [insertEvent(db, event), forWorkspaces] as const;
}

/** Stores an event that is not part of a change. */
export async function storeEvent(db: Db, event: AuditEvent): Promise<void> {
  await insertEvent(db, event);
}

/** As `insertEvent`, for a change that is made only under a condition. */
export function insertEventIf(db: Db, event: AuditEvent, condition: SQL) {
  const { id, workspaceId, actor, action, object, detail, occurredAt } = event;
  return db.insert(auditEvents).select(
    sql`SELECT NULL, ${id}, ${workspaceId}, ${actor}, ${action}, ${object}, ${JSON.stringify(detail)}, ${occurredAt}
      WHERE ${condition}`,
  );
}

/**
 * Stores the refusal of an identity, unless the workspace has one of the same identity (`detail.identity.subject`) of the last minute: one
 * account at the issuer could fill the log otherwise.
 */
export async function storeFirstOfMinute(db: Db, event: AuditEvent): Promise<void> {
  const { workspaceId, action, detail, occurredAt } = event;
  const subject = JSON.stringify(detail["identity"]);
  const isKnown = sql`EXISTS (SELECT 1 FROM audit_events WHERE workspace_id = ${workspaceId} AND action = ${action}
    AND occurred_at > ${occurredAt - MINUTE_MS} AND json_extract(detail, '$.identity.subject') = json_extract(${subject}, '$.subject'))`;
  await insertEventIf(db, event, sql`NOT ${isKnown}`);
}

/** Stores an event that is not part of a change, unless the workspace has an event with its id. */
export async function insertEventOnce(db: Db, event: AuditEvent): Promise<void> {
  const { id, workspaceId } = event;
  const isKnown = sql`EXISTS (SELECT 1 FROM audit_events WHERE workspace_id = ${workspaceId} AND id = ${id})`;
  await insertEventIf(db, event, sql`NOT ${isKnown}`);
}

function toConditions(workspaceId: string, filters: EventFilters): (SQL | undefined)[] {
  const { from, to, action, person, object, upTo } = filters;
  return [
    eq(auditEvents.workspaceId, workspaceId),
    from === undefined ? undefined : gte(auditEvents.occurredAt, from),
    to === undefined ? undefined : lt(auditEvents.occurredAt, to),
    upTo === undefined ? undefined : lte(auditEvents.seq, upTo),
    object === undefined ? undefined : eq(auditEvents.object, object),
    action === undefined ? undefined : toActionCondition(action),
    person === undefined ? undefined : toPersonCondition(person),
    filters.withoutPeople ? notLike(auditEvents.action, `${PERSON}%`) : undefined,
  ];
}

function toActionCondition(action: string): SQL {
  if (!action.endsWith("*")) return eq(auditEvents.action, action);
  const start = action.slice(0, -1);
  // Not LIKE: an underscore would be any character.
  return sql`substr(${auditEvents.action}, 1, ${start.length}) = ${start}`;
}

/** The person as actor, as object, as owner of a token, or among the members of a change of rules. */
function toPersonCondition(person: string[]): SQL {
  const { actor, object, detail } = auditEvents;
  const ids = sql`(SELECT value FROM json_each(${JSON.stringify(person)}))`;
  return sql`(${actor} IN ${ids} OR substr(${object}, instr(${object}, ':') + 1) IN ${ids} OR ${detail} ->> 'memberId' IN ${ids}
    OR EXISTS (SELECT 1 FROM json_each(${detail}, '$.members') WHERE value IN ${ids}))`;
}

/** Returns audit events that match, newest first; `before`: only those with a smaller number. */
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
        before === null ? undefined : lt(auditEvents.seq, before),
        ...toConditions(workspaceId, filters),
      ),
    )
    .orderBy(desc(auditEvents.seq))
    .limit(limit);
}

/** Returns events of the workspace by id, in any order; those that it does not have are left out. */
export async function findEvents(
  db: Db,
  workspaceId: string,
  ids: string[],
): Promise<AuditEvent[]> {
  const { seq: _, ...columns } = getTableColumns(auditEvents);
  return db
    .select(columns)
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.workspaceId, workspaceId),
        sql`${auditEvents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    );
}

/** Returns the number of an event of the workspace; undefined: it has no event with this id. */
export async function findEventNumber(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<number | undefined> {
  const rows = await db
    .select({ seq: auditEvents.seq })
    .from(auditEvents)
    .where(and(eq(auditEvents.id, id), eq(auditEvents.workspaceId, workspaceId)));
  return rows[0]?.seq;
}

/** Yields all audit events that match, newest first, in pages. */
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
  budget: QueryBudget,
): Promise<number> {
  const where = sql`workspace_id = ${workspaceId} AND occurred_at < ${before}`;
  return deleteInSteps(db, budget, { table: "audit_events", key: "seq", where });
}
