import { and, count, desc, eq, lt, or, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import {
  MAX_OPEN_ACCESS_REQUESTS,
  type AccessRequestStatus,
} from "../contract/api/access-requests.ts";
import type { AuditAction } from "../contract/records/audit-actions.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { EntityChange } from "../contract/records/workspace.ts";
import type { ClosedAccessRequest } from "../contract/rpc/access-request-commands.ts";
import { accessRequests } from "./access-requests-schema.ts";
import type { Db } from "./database.ts";
import { raiseAccessRequested } from "./raise-alert.ts";
import { auditEvents } from "./schema.ts";

/** A stored request for access. */
export type AccessRequestRow = typeof accessRequests.$inferSelect;

/** Which requests: of a workspace, and of those that are defined. `askedBy`: for the person, also for its agents. */
export interface AccessRequestFilter {
  workspaceId: string;
  askedBy?: string;
  status?: AccessRequestStatus | undefined;
}

const isOpen = eq(accessRequests.status, "open");

/** Returns a page of requests, newest first. */
export async function listAccessRequests(
  db: Db,
  filter: AccessRequestFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<AccessRequestRow[]> {
  return db
    .select()
    .from(accessRequests)
    .where(toCondition(filter))
    .orderBy(desc(accessRequests.createdAt), desc(accessRequests.id))
    .limit(limit)
    .offset(offset);
}

/** Returns the number of requests. */
export async function countAccessRequests(db: Db, filter: AccessRequestFilter): Promise<number> {
  const [row] = await db.select({ count: count() }).from(accessRequests).where(toCondition(filter));
  return row?.count ?? 0;
}

/** Returns a request; undefined: the workspace has none with this id. */
export async function findAccessRequest(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<AccessRequestRow | undefined> {
  const rows = await db
    .select()
    .from(accessRequests)
    .where(and(eq(accessRequests.workspaceId, workspaceId), eq(accessRequests.id, id)));
  return rows[0];
}

/**
 * Stores a new request with its audit event, which has no text of a person. False: the member has the most open requests that
 * it can have, or an open one for the same rule.
 */
export async function insertAccessRequest(
  db: Db,
  request: Omit<AccessRequestRow, "status" | "closedAt" | "closedBy" | "answer" | "granted">,
  actor: string,
): Promise<boolean> {
  const { id, workspaceId, memberId, askedBy, rule, serverId, reason, wishedEnd, createdAt } =
    request;
  const insert = db
    .insert(accessRequests)
    .select(
      sql`SELECT ${id}, ${workspaceId}, ${memberId}, ${askedBy}, ${rule}, ${serverId}, ${reason}, ${wishedEnd}, 'open', ${createdAt},
        NULL, NULL, NULL, NULL
        WHERE (SELECT count(*) FROM access_requests WHERE member_id = ${memberId} AND status = 'open') < ${MAX_OPEN_ACCESS_REQUESTS}`,
    )
    .onConflictDoNothing()
    .returning({ id: accessRequests.id });
  const which = and(eq(accessRequests.id, id), isOpen);
  const event = toEvents(db, which, "access_request.created", { actor, at: createdAt });
  const alert = raiseAccessRequested(db, id, createdAt);
  const [inserted] = await db.batch([insert, event, alert]);
  return inserted.length > 0;
}

/**
 * Returns the statements that close requests with a change: `closes`, those for a removed server, and those that a removed member
 * asked for or would have got access by.
 */
export function toAccessRequestClosing(
  db: Db,
  event: AuditEvent,
  changes: EntityChange[],
  closes: ClosedAccessRequest | null,
): BatchItem<"sqlite">[] {
  const { actor, occurredAt: at } = event;
  const removed = changes.flatMap((change) =>
    change.value === null && (change.kind === "server" || change.kind === "member") ? [change] : [],
  );
  const followed = removed.flatMap(({ kind, id }) =>
    kind === "server"
      ? toClosing(db, eq(accessRequests.serverId, id), { status: "lapsed", at, actor })
      : toClosing(db, or(eq(accessRequests.memberId, id), eq(accessRequests.askedBy, id)), {
          status: "withdrawn",
          at,
          actor,
        }),
  );
  if (!closes) return followed;
  const { id, status, answer, granted } = closes;
  const decided = db
    .update(accessRequests)
    .set({ status, closedAt: at, closedBy: actor, answer, granted })
    .where(and(eq(accessRequests.id, id), isOpen));
  return [decided, ...followed];
}

/** Has open requests lapse that were made before an instant (epoch ms), of all workspaces. Without any, it needs no space. */
export async function lapseAccessRequests(db: Db, before: number, now: number): Promise<void> {
  const isOld = lt(accessRequests.createdAt, before);
  const [old] = await db
    .select({ id: accessRequests.id })
    .from(accessRequests)
    .where(and(isOpen, isOld))
    .limit(1);
  if (!old) return;
  const closing = { status: "lapsed", at: now, actor: "system" } as const;
  const [event, update] = toClosing(db, isOld, closing);
  await db.batch([event, update]);
}

/** Deletes the workspace's requests that were closed before an instant (epoch ms). */
export async function deleteExpiredAccessRequests(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<void> {
  await db
    .delete(accessRequests)
    .where(and(eq(accessRequests.workspaceId, workspaceId), lt(accessRequests.closedAt, before)));
}

/** The event comes first: it is stored for the requests that are open, which the second statement closes. */
function toClosing(
  db: Db,
  which: SQL | undefined,
  { status, at, actor }: { status: "lapsed" | "withdrawn"; at: number; actor: string },
) {
  const where = and(isOpen, which);
  return [
    toEvents(db, where, `access_request.${status}`, { actor, at }),
    db.update(accessRequests).set({ status, closedAt: at, closedBy: actor }).where(where),
  ] as const;
}

/** Stores an event for each of these requests. */
function toEvents(
  db: Db,
  which: SQL | undefined,
  action: AuditAction,
  { actor, at }: { actor: string; at: number },
) {
  const { workspaceId, memberId, id, rule } = accessRequests;
  return db.insert(auditEvents).select(
    sql`SELECT NULL, 'evt_' || lower(hex(randomblob(12))), ${workspaceId}, ${actor}, ${action}, 'member:' || ${memberId},
      json_object('request', ${id}, 'rule', ${rule}), ${at} FROM ${accessRequests} WHERE ${which}`,
  );
}

function toCondition({ workspaceId, askedBy, status }: AccessRequestFilter): SQL | undefined {
  return and(
    eq(accessRequests.workspaceId, workspaceId),
    askedBy === undefined
      ? undefined
      : or(eq(accessRequests.askedBy, askedBy), eq(accessRequests.memberId, askedBy)),
    status === undefined ? undefined : eq(accessRequests.status, status),
  );
}
