import { and, count, desc, eq, inArray, isNull, lt, sql, type SQL } from "drizzle-orm";
import type { RequestStatus } from "../contract/api/marketplace-requests.ts";
import type { AuditAction } from "../contract/records/audit-actions.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { serverRequests } from "./marketplace-requests-schema.ts";
import { raiseServerRequested } from "./raise-alert.ts";
import { auditEvents } from "./schema.ts";

/** A stored request. */
export type RequestRow = typeof serverRequests.$inferSelect;

/** Which requests: of a workspace, and of those that are defined. */
export interface RequestFilter {
  workspaceId: string;
  memberId?: string;
  entry?: string | undefined;
  status?: RequestStatus | undefined;
}

/** How open requests end. */
interface Closing {
  status: Exclude<RequestStatus, "open">;
  /** Epoch ms. */
  at: number;
  actor: string;
  answer?: string | undefined;
  serverSlug?: string;
}

/** The members of an event's detail that all events of requests have: the entry and the member. No text of a person. */
const DETAIL = sql`'name', ${serverRequests.entry}, 'memberId', ${serverRequests.memberId}`;
const OBJECT = sql`'request:' || ${serverRequests.id}`;
const EVENT_ID = sql`'evt_' || lower(hex(randomblob(12)))`;

/** Returns a page of requests, newest first. */
export async function listRequests(
  db: Db,
  filter: RequestFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<RequestRow[]> {
  return db
    .select()
    .from(serverRequests)
    .where(toCondition(filter))
    .orderBy(desc(serverRequests.createdAt), desc(serverRequests.id))
    .limit(limit)
    .offset(offset);
}

/** Returns the number of requests. */
export async function countRequests(db: Db, filter: RequestFilter): Promise<number> {
  return readCount(db, toCondition(filter));
}

/** Returns the number of outcomes that a member has not seen. Withdrawn requests have none. */
export async function countUnseenOutcomes(db: Db, memberId: string): Promise<number> {
  return readCount(db, isUnseen(memberId));
}

/** Stores that a member has seen the outcomes of its requests. */
export async function markOutcomesSeen(db: Db, memberId: string, seenAt: number): Promise<void> {
  await db.update(serverRequests).set({ seenAt }).where(isUnseen(memberId));
}

/** Returns an open request; undefined: the workspace has no open one with this id. */
export async function findOpenRequest(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<RequestRow | undefined> {
  const rows = await db
    .select()
    .from(serverRequests)
    .where(and(isOpen, eq(serverRequests.workspaceId, workspaceId), eq(serverRequests.id, id)));
  return rows[0];
}

/**
 * Stores a new request with its audit event. False: the member has `most` open requests, or an open one for the entry.
 */
export async function insertRequest(
  db: Db,
  request: Pick<RequestRow, "id" | "workspaceId" | "memberId" | "entry" | "reason" | "createdAt">,
  actor: string,
  most: number,
): Promise<boolean> {
  const { id, workspaceId, memberId, entry, reason, createdAt } = request;
  const insert = db
    .insert(serverRequests)
    .select(
      sql`SELECT ${id}, ${workspaceId}, ${memberId}, ${entry}, ${reason}, 'open', ${createdAt}, NULL, NULL, NULL, NULL, NULL
        WHERE (SELECT count(*) FROM server_requests WHERE member_id = ${memberId} AND status = 'open') < ${most}`,
    )
    .onConflictDoNothing()
    .returning({ id: serverRequests.id });
  const event = db.insert(auditEvents).select(
    sql`SELECT NULL, ${EVENT_ID}, ${workspaceId}, ${actor}, ${"request.created" satisfies AuditAction}, ${OBJECT},
      json_object(${DETAIL}), ${createdAt} FROM ${serverRequests} WHERE ${serverRequests.id} = ${id}`,
  );
  const alert = raiseServerRequested(db, id, createdAt);
  const [inserted] = await db.batch([insert, event, alert]);
  return inserted.length > 0;
}

/** Closes an open request, with its audit event. `memberId`: whose it must be. False: there is no such open request. */
export async function closeRequest(
  db: Db,
  workspaceId: string,
  id: string,
  closing: Closing,
  memberId?: string,
): Promise<boolean> {
  const which = and(
    eq(serverRequests.workspaceId, workspaceId),
    eq(serverRequests.id, id),
    memberId === undefined ? undefined : eq(serverRequests.memberId, memberId),
  );
  const [event, update] = toClosing(db, which, closing);
  const [, closed] = await db.batch([event, update.returning({ id: serverRequests.id })]);
  return closed.length > 0;
}

/** Returns the statements that withdraw the open requests of a member that is removed. */
export function withdrawRequests(db: Db, memberId: string, { actor, occurredAt }: AuditEvent) {
  const closing = { status: "withdrawn", at: occurredAt, actor } as const;
  return toClosing(db, eq(serverRequests.memberId, memberId), closing);
}

/**
 * Returns the statements that close the request which a new server or instance fulfils; none: the event is of another kind.
 * A request that was closed meanwhile does not change.
 */
export function toFulfilment(db: Db, event: AuditEvent) {
  const { action, detail, actor, occurredAt, workspaceId, object } = event;
  const isNew = action === "server.created" || action === "instance.created";
  if (!isNew || typeof detail["request"] !== "string") return [];
  const serverSlug =
    typeof detail["slug"] === "string" ? detail["slug"] : object.slice("server:".length);
  const which = and(
    eq(serverRequests.workspaceId, workspaceId),
    eq(serverRequests.id, detail["request"]),
  );
  return toClosing(db, which, { status: "fulfilled", at: occurredAt, actor, serverSlug });
}

/** Deletes the workspace's requests that were closed before an instant (epoch ms). */
export async function deleteExpiredRequests(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<void> {
  await db
    .delete(serverRequests)
    .where(and(eq(serverRequests.workspaceId, workspaceId), lt(serverRequests.closedAt, before)));
}

const isOpen = eq(serverRequests.status, "open");

/** The event comes first: it is stored for the requests that are open, which the second statement closes. */
function toClosing(db: Db, which: SQL | undefined, closing: Closing) {
  const { status, at, actor, answer = null, serverSlug = null } = closing;
  const action: AuditAction = `request.${status}`;
  const where = and(isOpen, which);
  const event = db.insert(auditEvents).select(
    sql`SELECT NULL, ${EVENT_ID}, ${serverRequests.workspaceId}, ${actor}, ${action}, ${OBJECT},
      json_object(${DETAIL}, 'slug', ${serverSlug}), ${at} FROM ${serverRequests} WHERE ${where}`,
  );
  const update = db
    .update(serverRequests)
    .set({ status, closedAt: at, closedBy: actor, answer, serverSlug })
    .where(where);
  return [event, update] as const;
}

function isUnseen(memberId: string): SQL | undefined {
  return and(
    eq(serverRequests.memberId, memberId),
    inArray(serverRequests.status, ["fulfilled", "declined"]),
    isNull(serverRequests.seenAt),
  );
}

function toCondition({ workspaceId, memberId, entry, status }: RequestFilter): SQL | undefined {
  return and(
    eq(serverRequests.workspaceId, workspaceId),
    memberId === undefined ? undefined : eq(serverRequests.memberId, memberId),
    entry === undefined ? undefined : eq(serverRequests.entry, entry),
    status === undefined ? undefined : eq(serverRequests.status, status),
  );
}

async function readCount(db: Db, condition: SQL | undefined): Promise<number> {
  const rows = await db.select({ count: count() }).from(serverRequests).where(condition);
  return rows[0]?.count ?? 0;
}
