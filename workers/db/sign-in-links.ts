import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Invitation } from "../contract/api/people.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent, insertPersonEvent } from "./events.ts";
import { signInLinks } from "./people-schema.ts";
import { members } from "./schema.ts";

/** A row of `sign_in_links`: a single-use link with the digest of its secret. */
export type SignInLinkRecord = typeof signInLinks.$inferSelect;

/**
 * Stores a link. It replaces the member's invitation, the user's recovery link, or the setup link for the same workspace
 * (or for none), by its kind.
 */
export async function insertSignInLink(
  db: Db,
  link: SignInLinkRecord,
  event: AuditEvent,
): Promise<void> {
  const { kind, workspaceId, memberId, userId } = link;
  // `IS` is true for two nulls.
  const replaced = and(
    eq(signInLinks.kind, kind),
    sql`${signInLinks.workspaceId} IS ${workspaceId}`,
    sql`${signInLinks.memberId} IS ${memberId}`,
    sql`${signInLinks.userId} IS ${userId}`,
  );
  await db.batch([
    db.delete(signInLinks).where(replaced),
    db.insert(signInLinks).values(link),
    ...(userId === null ? [insertEvent(db, event)] : insertPersonEvent(db, userId, event)),
  ]);
}

/** Returns the unexpired link with this digest. */
export async function findSignInLinkByDigest(
  db: Db,
  digest: string,
  now: number,
): Promise<SignInLinkRecord | undefined> {
  const rows = await db
    .select()
    .from(signInLinks)
    .where(and(eq(signInLinks.digest, digest), gt(signInLinks.expiresAt, now)));
  return rows[0];
}

/** Deletes the unexpired link with this digest and returns it. Of concurrent calls, one gets the link. */
export async function consumeSignInLinkByDigest(
  db: Db,
  digest: string,
  now: number,
): Promise<SignInLinkRecord | undefined> {
  const rows = await db
    .delete(signInLinks)
    .where(and(eq(signInLinks.digest, digest), gt(signInLinks.expiresAt, now)))
    .returning();
  return rows[0];
}

/** Makes a consumed link valid again: the acceptance failed. */
export async function restoreSignInLink(db: Db, link: SignInLinkRecord): Promise<void> {
  // A newer link for the same member has replaced it.
  await db.insert(signInLinks).values(link).onConflictDoNothing();
}

/** Returns a workspace's open invitations, oldest first, at most 1,000. */
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

/** Deletes a member's open invitation, if any. Needed when the role changes: the invitation is for the old role. */
export async function deleteMemberInvitation(db: Db, memberId: string): Promise<void> {
  await db.delete(signInLinks).where(eq(signInLinks.memberId, memberId));
}

/** Withdraws an invitation and stores the audit event. */
export async function deleteInvitation(db: Db, id: string, event: AuditEvent): Promise<void> {
  await db.batch([db.delete(signInLinks).where(eq(signInLinks.id, id)), insertEvent(db, event)]);
}
