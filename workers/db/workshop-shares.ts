import { and, desc, eq, gt, lte, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { workshopShares } from "./workshop-schema.ts";

/** A stored share. */
export type ShareRow = typeof workshopShares.$inferSelect;

/** Shares of one person, and of all: with the largest composition, 2 GB. */
export const MAX_SHARES_OF_USER = 50;
const MAX_SHARES = 50_000;

const { id, userId, composition, createdAt, expiresAt } = workshopShares;

/** Stores a share unless the person, or the deployment, has too many that have not expired. False: it is not stored. */
export async function insertShare(db: Db, share: ShareRow): Promise<boolean> {
  const open = sql`FROM ${workshopShares} WHERE ${expiresAt} > ${share.createdAt}`;
  const inserted = await db
    .insert(workshopShares)
    .select(
      sql`SELECT ${share.id}, ${share.userId}, ${share.composition}, ${share.createdAt}, ${share.expiresAt}
        WHERE (SELECT count(*) ${open} AND ${userId} = ${share.userId}) < ${MAX_SHARES_OF_USER}
          AND (SELECT count(*) ${open}) < ${MAX_SHARES}`,
    )
    .returning({ id });
  return inserted.length > 0;
}

/** Returns a share that has not expired; null: there is none. */
export async function findShare(db: Db, wanted: string, now: number) {
  const [found] = await db
    .select({ id, composition, createdAt, expiresAt })
    .from(workshopShares)
    .where(and(eq(id, wanted), gt(expiresAt, now)));
  return found ?? null;
}

/** Returns a person's shares that have not expired, newest first. */
export async function listShares(db: Db, owner: string, now: number) {
  return db
    .select({ id, composition, createdAt, expiresAt })
    .from(workshopShares)
    .where(and(eq(userId, owner), gt(expiresAt, now)))
    .orderBy(desc(createdAt), desc(id))
    .limit(MAX_SHARES_OF_USER);
}

/** Deletes a person's share. False: the person has no such share. */
export async function deleteShare(db: Db, owner: string, wanted: string): Promise<boolean> {
  const deleted = await db
    .delete(workshopShares)
    .where(and(eq(id, wanted), eq(userId, owner)))
    .returning({ id });
  return deleted.length > 0;
}

/** Deletes the shares that have expired. `now`: epoch ms. */
export async function deleteExpiredShares(db: Db, now: number): Promise<void> {
  await db.delete(workshopShares).where(lte(expiresAt, now));
}
