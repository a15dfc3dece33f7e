import { and, asc, eq, gt } from "drizzle-orm";
import type { Invitation } from "../contract/api/people.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { signInLinks } from "./people-schema.ts";
import { members } from "./schema.ts";

export type LinkRecord = typeof signInLinks.$inferSelect;

/** Stores a link in place of what it replaces: the member's last invitation, the person's last recovery link, any setup link. */
export async function insertLink(db: Db, link: LinkRecord, event: AuditEvent): Promise<void> {
  const { kind, memberId, userId } = link;
  const replaced = and(
    eq(signInLinks.kind, kind),
    memberId === null ? undefined : eq(signInLinks.memberId, memberId),
    userId === null ? undefined : eq(signInLinks.userId, userId),
  );
  await db.batch([
    db.delete(signInLinks).where(replaced),
    db.insert(signInLinks).values(link),
    insertEvent(db, event),
  ]);
}

/** The link of a digest, if it is still good. */
export async function findLink(
  db: Db,
  digest: string,
  now: number,
): Promise<LinkRecord | undefined> {
  const rows = await db
    .select()
    .from(signInLinks)
    .where(and(eq(signInLinks.digest, digest), gt(signInLinks.expiresAt, now)));
  return rows[0];
}

/** Uses a link up: of many who try at once, one gets it. */
export async function takeLink(
  db: Db,
  digest: string,
  now: number,
): Promise<LinkRecord | undefined> {
  const rows = await db
    .delete(signInLinks)
    .where(and(eq(signInLinks.digest, digest), gt(signInLinks.expiresAt, now)))
    .returning();
  return rows[0];
}

/** A workspace's open invitations, oldest first. */
export async function listInvitations(
  db: Db,
  workspaceId: string,
  now: number,
): Promise<Invitation[]> {
  return db
    .select({
      id: signInLinks.id,
      memberId: members.id,
      memberName: members.name,
      role: members.role,
      createdBy: signInLinks.createdBy,
      createdAt: signInLinks.createdAt,
      expiresAt: signInLinks.expiresAt,
    })
    .from(signInLinks)
    .innerJoin(members, eq(members.id, signInLinks.memberId))
    .where(and(eq(signInLinks.workspaceId, workspaceId), gt(signInLinks.expiresAt, now)))
    .orderBy(asc(signInLinks.createdAt))
    .limit(1_000);
}

/** Withdraws a member's invitation, if there is one: it was made for another role. */
export async function deleteMemberInvitation(db: Db, memberId: string): Promise<void> {
  await db.delete(signInLinks).where(eq(signInLinks.memberId, memberId));
}

/** Withdraws an invitation. */
export async function deleteInvitation(db: Db, id: string, event: AuditEvent): Promise<void> {
  await db.batch([db.delete(signInLinks).where(eq(signInLinks.id, id)), insertEvent(db, event)]);
}
