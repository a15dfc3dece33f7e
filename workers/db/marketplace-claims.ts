import { and, asc, eq, isNotNull, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent, insertEventIf } from "./events.ts";
import { marketplaceClaims } from "./marketplace-curation-schema.ts";
import { users } from "./people-schema.ts";

/** A claim as it is stored. */
export type ClaimRow = typeof marketplaceClaims.$inferSelect;

/** Claims of one person, and claims of one namespace that wait for their proof: each check is a request to its host. */
const MAX_OF_PERSON = 10;
const MAX_PENDING = 20;

const claims = marketplaceClaims;

/** Returns a person's claim of a namespace, in lower case. */
export async function findClaim(
  db: Db,
  namespace: string,
  userId: string,
): Promise<ClaimRow | undefined> {
  const rows = await db
    .select()
    .from(claims)
    .where(and(eq(claims.namespace, namespace), eq(claims.userId, userId)));
  return rows[0];
}

/** Returns the claim of a namespace, in lower case, that stands. */
export async function findStandingClaim(db: Db, namespace: string): Promise<ClaimRow | undefined> {
  const rows = await db
    .select()
    .from(claims)
    .where(and(eq(claims.namespace, namespace), isNotNull(claims.claimedAt)));
  return rows[0];
}

/** Returns the claims that stand with the names of their people, by namespace, at most 1,000. */
export async function listStandingClaims(db: Db) {
  return db
    .select({ claim: claims, userName: users.name })
    .from(claims)
    .leftJoin(users, eq(users.id, claims.userId))
    .where(isNotNull(claims.claimedAt))
    .orderBy(asc(claims.namespace))
    .limit(1_000);
}

/**
 * Stores a claim that waits for its proof, in the place of an earlier one of this person. False: the person has too many, or
 * the namespace. Those that began before `since` (epoch ms) and were not proven do not count.
 */
export async function insertClaim(db: Db, claim: ClaimRow, since: number): Promise<boolean> {
  const { namespace, userId, proof, createdAt } = claim;
  const isOpen = sql`(claimed_at IS NOT NULL OR created_at > ${since})`;
  const stored = await db
    .insert(claims)
    .select(
      sql`SELECT ${namespace}, ${userId}, ${proof}, ${createdAt}, NULL, NULL, 0, NULL, NULL, NULL
        WHERE (SELECT count(*) FROM marketplace_claims WHERE user_id = ${userId} AND namespace <> ${namespace} AND ${isOpen}) < ${MAX_OF_PERSON}
          AND (SELECT count(*) FROM marketplace_claims WHERE namespace = ${namespace} AND user_id <> ${userId}
            AND claimed_at IS NULL AND ${isOpen}) < ${MAX_PENDING}`,
    )
    .onConflictDoUpdate({
      target: [claims.namespace, claims.userId],
      set: { proof, createdAt, checkedAt: null, withdrawnAt: null },
    })
    .returning({ namespace: claims.namespace });
  return stored.length > 0;
}

/** Takes the next check of a person's claim, unless the last one began after `before` (epoch ms). False: it did. */
export async function takeCheck(
  db: Db,
  { namespace, userId }: ClaimRow,
  now: number,
  before: number,
): Promise<boolean> {
  const taken = await db
    .update(claims)
    .set({ checkedAt: now })
    .where(
      and(isOf(namespace, userId), or(isNull(claims.checkedAt), lte(claims.checkedAt, before))),
    )
    .returning({ namespace: claims.namespace });
  return taken.length > 0;
}

/** Takes the claims whose checks are due, so that no other run does. `until`: when a check that does not end is due again. */
export async function takeDueClaims(
  db: Db,
  now: number,
  until: number,
  limit: number,
): Promise<ClaimRow[]> {
  return db
    .update(claims)
    .set({ nextCheckAt: until, checkedAt: now })
    .where(
      sql`(namespace, user_id) IN (SELECT namespace, user_id FROM marketplace_claims
        WHERE next_check_at <= ${now} ORDER BY next_check_at LIMIT ${limit})`,
    )
    .returning();
}

/** Stores what a check has found of a claim. */
export async function updateClaim(
  db: Db,
  { namespace, userId, proof }: ClaimRow,
  set: Pick<ClaimRow, "missing" | "unreachableSince" | "nextCheckAt">,
): Promise<void> {
  await db
    .update(claims)
    .set(set)
    .where(and(isOf(namespace, userId), eq(claims.proof, proof), isNotNull(claims.claimedAt)));
}

/**
 * Lets a claim stand from `now` on, with its audit event. `replaced`: the claim whose proof is not there any more, with the
 * event of its end. False: another claim stands.
 */
export async function proveClaim(
  db: Db,
  { namespace, userId, proof }: ClaimRow,
  replaced: { claim: ClaimRow; event: AuditEvent } | null,
  set: { claimedAt: number; nextCheckAt: number },
  event: AuditEvent,
): Promise<boolean> {
  const isFree = sql`NOT EXISTS (SELECT 1 FROM marketplace_claims AS other
    WHERE other.namespace = ${namespace} AND other.claimed_at IS NOT NULL)`;
  const isProven = sql`EXISTS (SELECT 1 FROM marketplace_claims
    WHERE namespace = ${namespace} AND user_id = ${userId} AND claimed_at = ${set.claimedAt})`;
  const update = db
    .update(claims)
    .set({ ...set, missing: 0, unreachableSince: null })
    .where(and(isOf(namespace, userId), eq(claims.proof, proof), isFree))
    .returning({ namespace: claims.namespace });
  const statements = [update, insertEventIf(db, event, isProven)] as const;
  if (!replaced) return (await db.batch(statements))[0].length === 1;
  const [, , proven] = await db.batch([
    ...deleteRow(db, replaced.claim, replaced.event),
    ...statements,
  ]);
  return proven.length === 1;
}

function deleteRow(db: Db, { namespace, userId, proof }: ClaimRow, event: AuditEvent) {
  const isIt = and(isOf(namespace, userId), eq(claims.proof, proof), isNotNull(claims.claimedAt));
  return [
    insertEventIf(db, event, sql`EXISTS (SELECT 1 FROM marketplace_claims WHERE ${isIt})`),
    db.delete(claims).where(isIt),
  ] as const;
}

/** Ends a claim that stands, with its audit event. */
export async function deleteStandingClaim(
  db: Db,
  claim: ClaimRow,
  event: AuditEvent,
): Promise<void> {
  await db.batch(deleteRow(db, claim, event));
}

/** Deletes a claim that was not proven. */
export async function deletePendingClaim(db: Db, { namespace, userId }: ClaimRow): Promise<void> {
  await db.delete(claims).where(and(isOf(namespace, userId), isNull(claims.claimedAt)));
}

/** Withdraws a claim for the operator, with its audit event: the person cannot claim the namespace for some time. */
export async function blockClaim(
  db: Db,
  { namespace, userId }: ClaimRow,
  withdrawnAt: number,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db
      .update(claims)
      .set({ withdrawnAt, claimedAt: null, nextCheckAt: null })
      .where(isOf(namespace, userId)),
    insertEvent(db, event),
  ]);
}

/** Deletes claims that were not proven and began before an instant, and those that the operator withdrew before another one. */
export async function deleteExpiredClaims(
  db: Db,
  begunBefore: number,
  withdrawnBefore: number,
): Promise<void> {
  await db
    .delete(claims)
    .where(
      and(
        isNull(claims.claimedAt),
        or(
          and(isNull(claims.withdrawnAt), lt(claims.createdAt, begunBefore)),
          lt(claims.withdrawnAt, withdrawnBefore),
        ),
      ),
    );
}

function isOf(namespace: string, userId: string) {
  return and(eq(claims.namespace, namespace), eq(claims.userId, userId));
}
