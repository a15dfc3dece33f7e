import { and, desc, eq, gt, isNotNull, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { User } from "../contract/api/people.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Role } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { insertPersonEvent } from "./events.ts";
import { challenges, sessions, signInLinks, users } from "./people-schema.ts";
import { members } from "./schema.ts";

/** A row of `sessions`: a browser session with the digest of its secret. */
export type BrowserSessionRecord = typeof sessions.$inferSelect;

/** Stores a new browser session with its audit event. */
export async function insertBrowserSession(
  db: Db,
  record: BrowserSessionRecord,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.insert(sessions).values(record),
    ...insertPersonEvent(db, record.userId, event),
  ]);
}

/**
 * Returns the unexpired session with this digest and its user: `full` is that of a session without a limit, `limited` that of one which
 * a company's sign-in began. Sessions last used before `idleSince` have expired.
 */
export async function findBrowserSessionByDigest(
  db: Db,
  { full, limited }: { full: string; limited: string },
  now: number,
  idleSince: number,
): Promise<{ record: BrowserSessionRecord; user: User } | undefined> {
  const rows = await db
    .select({ record: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        gt(sessions.expiresAt, now),
        gt(sessions.lastSeenAt, idleSince),
        or(
          and(eq(sessions.digest, full), isNull(sessions.workspaceId)),
          and(eq(sessions.digest, limited), isNotNull(sessions.workspaceId), isLimitStanding),
        ),
      ),
    );
  return rows[0];
}

/** Whether the issuer that began a session is still on, and its person an active member of that workspace. */
const isLimitStanding = sql`EXISTS (SELECT 1 FROM members AS m JOIN identity_issuers AS i ON i.workspace_id = m.workspace_id
  WHERE m.workspace_id = ${sessions.workspaceId} AND m.user_id = ${sessions.userId} AND m.suspended_at IS NULL
  AND i.id = ${sessions.issuerId} AND i.is_enabled = 1)`;

/**
 * Returns the role that the user of an unexpired session has in a workspace; undefined: the session or the membership has
 * ended, or the member is suspended. The session's digest can have changed meanwhile, its id stays.
 */
export async function findSessionRole(
  db: Db,
  id: string,
  workspaceId: string,
  now: number,
  idleSince: number,
): Promise<Role | undefined> {
  const rows = await db
    .select({ role: members.role })
    .from(sessions)
    .innerJoin(
      members,
      and(
        eq(members.userId, sessions.userId),
        eq(members.workspaceId, workspaceId),
        isNull(members.suspendedAt),
      ),
    )
    .where(
      and(
        eq(sessions.id, id),
        gt(sessions.expiresAt, now),
        gt(sessions.lastSeenAt, idleSince),
        or(
          isNull(sessions.workspaceId),
          and(eq(sessions.workspaceId, workspaceId), isLimitStanding),
        ),
      ),
    );
  return rows[0]?.role;
}

/** Returns a user's unexpired sessions, the last used first, at most 100. */
export async function listBrowserSessions(
  db: Db,
  userId: string,
  now: number,
  idleSince: number,
): Promise<BrowserSessionRecord[]> {
  return db
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, userId),
        gt(sessions.expiresAt, now),
        gt(sessions.lastSeenAt, idleSince),
      ),
    )
    .orderBy(desc(sessions.lastSeenAt))
    .limit(100);
}

/** Stores the time of a session's last request. */
export async function touchBrowserSession(db: Db, id: string, lastSeenAt: number): Promise<void> {
  await db.update(sessions).set({ lastSeenAt }).where(eq(sessions.id, id));
}

/**
 * Stores a passkey check with its audit event, and the digest of the session's new secret; the old secret stops working immediately. False:
 * the session ended, or `oldDigest` is not its digest any more.
 */
export async function replaceSessionSecret(
  db: Db,
  id: string,
  oldDigest: string,
  renewed: { digest: string; steppedUpAt: number; userId: string },
  event: AuditEvent,
): Promise<boolean> {
  const { digest, steppedUpAt, userId } = renewed;
  const [rows] = await db.batch([
    db
      .update(sessions)
      .set({ digest, steppedUpAt })
      .where(and(eq(sessions.id, id), eq(sessions.digest, oldDigest)))
      .returning({ id: sessions.id }),
    ...insertPersonEvent(db, userId, event),
  ]);
  return rows.length > 0;
}

/** Ends a session of a user. False: the user has no session with this id. */
export async function deleteBrowserSession(
  db: Db,
  userId: string,
  id: string,
  event: AuditEvent,
): Promise<boolean> {
  const condition = and(eq(sessions.id, id), eq(sessions.userId, userId));
  const found = await db.select({ id: sessions.id }).from(sessions).where(condition);
  if (found.length === 0) return false;
  await db.batch([db.delete(sessions).where(condition), ...insertPersonEvent(db, userId, event)]);
  return true;
}

/** Ends all sessions of a user except one. */
export async function deleteOtherBrowserSessions(
  db: Db,
  userId: string,
  except: string,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.delete(sessions).where(and(eq(sessions.userId, userId), ne(sessions.id, except))),
    ...insertPersonEvent(db, userId, event),
  ]);
}

/** Ends all sessions of a user. */
export async function deleteUserBrowserSessions(
  db: Db,
  userId: string,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.delete(sessions).where(eq(sessions.userId, userId)),
    ...insertPersonEvent(db, userId, event),
  ]);
}

/** Stores the challenge of a successful WebAuthn ceremony. False: it was stored before. Of concurrent calls, one succeeds. */
export async function insertUsedChallenge(
  db: Db,
  challenge: typeof challenges.$inferInsert,
): Promise<boolean> {
  const stored = await db
    .insert(challenges)
    .values(challenge)
    .onConflictDoNothing()
    .returning({ challenge: challenges.challenge });
  return stored.length > 0;
}

/** Deletes expired sessions, links and challenges. */
export async function deleteExpiredSignIns(db: Db, now: number): Promise<void> {
  await db.batch([
    db.delete(sessions).where(lt(sessions.expiresAt, now)),
    db.delete(signInLinks).where(lt(signInLinks.expiresAt, now)),
    db.delete(challenges).where(lt(challenges.expiresAt, now)),
  ]);
}
