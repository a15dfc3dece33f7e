import { asc, lt, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { marketplaceScoreDays } from "./marketplace-publications-schema.ts";
import { toList } from "./marketplace.ts";

const days = marketplaceScoreDays;

/** Returns the days on which the scores of servers have changed, the oldest first. */
export async function readScoreDays(
  db: Db,
  names: string[],
): Promise<(typeof marketplaceScoreDays.$inferSelect)[]> {
  return db
    .select()
    .from(days)
    .where(sql`${days.name} IN ${toList(names)}`)
    .orderBy(asc(days.name), asc(days.day))
    .limit(10_000);
}

/** Deletes the scores from before a day. */
export async function deleteExpiredScoreDays(db: Db, before: number): Promise<void> {
  await db.delete(days).where(lt(days.day, before));
}
