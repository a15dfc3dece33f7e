import { and, desc, eq, gt, lt, ne, sql } from "drizzle-orm";
import type { User } from "../contract/api/people.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { challenges, sessions, signInAttempts, signInLinks, users } from "./people-schema.ts";

/** Longer than any stretch of time in which attempts are counted. */
const COUNTS_KEPT_MS = 24 * 60 * 60 * 1000;

export type SessionRecord = typeof sessions.$inferSelect;

export async function insertSession(
  db: Db,
  session: SessionRecord,
  event: AuditEvent,
): Promise<void> {
  await db.batch([db.insert(sessions).values(session), insertEvent(db, event)]);
}

/** The session of a digest, with its person, if its time is not over: `idleSince` is the earliest last request that keeps it. */
export async function findSession(
  db: Db,
  digest: string,
  now: number,
  idleSince: number,
): Promise<{ session: SessionRecord; user: User } | undefined> {
  const rows = await db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        eq(sessions.digest, digest),
        gt(sessions.expiresAt, now),
        gt(sessions.lastSeenAt, idleSince),
      ),
    );
  return rows[0];
}

/** A person's sessions that are not over, the last used first. */
export async function listSessions(
  db: Db,
  userId: string,
  now: number,
  idleSince: number,
): Promise<SessionRecord[]> {
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

export async function touchSession(db: Db, id: string, lastSeenAt: number): Promise<void> {
  await db.update(sessions).set({ lastSeenAt }).where(eq(sessions.id, id));
}

/** Gives the session another secret after a fresh ceremony; the old one is dead at once. False: the session is over. */
export async function renewSession(
  db: Db,
  id: string,
  oldDigest: string,
  digest: string,
  steppedUpAt: number,
): Promise<boolean> {
  const rows = await db
    .update(sessions)
    .set({ digest, steppedUpAt })
    .where(and(eq(sessions.id, id), eq(sessions.digest, oldDigest)))
    .returning({ id: sessions.id });
  return rows.length > 0;
}

/** Ends one session of a person; false when that person has no such session. */
export async function deleteSession(
  db: Db,
  userId: string,
  id: string,
  event: AuditEvent,
): Promise<boolean> {
  const own = and(eq(sessions.id, id), eq(sessions.userId, userId));
  if ((await db.select({ id: sessions.id }).from(sessions).where(own)).length === 0) return false;
  await db.batch([db.delete(sessions).where(own), insertEvent(db, event)]);
  return true;
}

/** Ends a person's sessions, except one. */
export async function deleteOtherSessions(
  db: Db,
  userId: string,
  except: string,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.delete(sessions).where(and(eq(sessions.userId, userId), ne(sessions.id, except))),
    insertEvent(db, event),
  ]);
}

/** Ends all sessions of a person. */
export async function deleteSessions(db: Db, userId: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.userId, userId));
}

export async function insertChallenge(
  db: Db,
  challenge: typeof challenges.$inferInsert,
): Promise<void> {
  await db.insert(challenges).values(challenge);
}

/** Uses a challenge up; the subject it was made for, or undefined when it is unknown, over or of another purpose. */
export async function takeChallenge(
  db: Db,
  challenge: string,
  purpose: string,
  now: number,
): Promise<string | undefined> {
  const rows = await db
    .delete(challenges)
    .where(
      and(
        eq(challenges.challenge, challenge),
        eq(challenges.purpose, purpose),
        gt(challenges.expiresAt, now),
      ),
    )
    .returning({ subject: challenges.subject });
  return rows[0]?.subject;
}

/** Counts one attempt of an address; how many it has made since `since`. */
export async function countAttempt(db: Db, address: string, since: number): Promise<number> {
  const rows = await db
    .insert(signInAttempts)
    .values({ address, since, count: 1 })
    .onConflictDoUpdate({
      target: [signInAttempts.address, signInAttempts.since],
      set: { count: sql`${signInAttempts.count} + 1` },
    })
    .returning({ count: signInAttempts.count });
  return rows[0]?.count ?? 0;
}

/** Removes sessions, links, challenges and counts whose time is over. */
export async function deleteExpiredSignIns(db: Db, now: number): Promise<void> {
  await db.batch([
    db.delete(sessions).where(lt(sessions.expiresAt, now)),
    db.delete(signInLinks).where(lt(signInLinks.expiresAt, now)),
    db.delete(challenges).where(lt(challenges.expiresAt, now)),
    db.delete(signInAttempts).where(lt(signInAttempts.since, now - COUNTS_KEPT_MS)),
  ]);
}
