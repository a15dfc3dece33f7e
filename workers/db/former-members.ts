import { and, eq, lt, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { withdrawRequests } from "./marketplace-requests.ts";
import { toFormerIdentities } from "./member-identities.ts";
import { formerMembers, members } from "./schema.ts";

/**
 * Returns the statements that keep a member's name and identities, and withdraw its open requests. They belong before the member's deletion,
 * in the same batch.
 */
export function toMemberRemoval(db: Db, id: string, event: AuditEvent) {
  const keepName = db
    .insert(formerMembers)
    .select(
      sql`SELECT id, workspace_id, name, user_id, ${event.occurredAt} FROM ${members} WHERE id = ${id}`,
    )
    .onConflictDoNothing();
  return [
    keepName,
    toFormerIdentities(db, id, event.occurredAt),
    ...withdrawRequests(db, id, event),
  ];
}

/** A member or removed member of a workspace. `id`: the member's. */
export interface Person {
  id: string;
  userId: string | null;
  name: string;
  hasLeft: boolean;
}

/** Returns a workspace's members and its removed members whose names are kept, by name. */
export async function listPeople(db: Db, workspaceId: string): Promise<Person[]> {
  const rows = await db.all<Omit<Person, "hasLeft"> & { hasLeft: number }>(
    sql`SELECT id, user_id AS userId, name, 0 AS hasLeft FROM members WHERE workspace_id = ${workspaceId}
      UNION ALL SELECT id, user_id, name, 1 FROM former_members WHERE workspace_id = ${workspaceId}
      ORDER BY hasLeft, name`,
  );
  return rows.map((row) => ({ ...row, hasLeft: Boolean(row.hasLeft) }));
}

/** Deletes the names of members who were removed before an instant (epoch ms): no row is left that they explain. */
export async function deleteExpiredNames(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<void> {
  await db
    .delete(formerMembers)
    .where(and(eq(formerMembers.workspaceId, workspaceId), lt(formerMembers.removedAt, before)));
}
