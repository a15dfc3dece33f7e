import { and, eq, lt, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEventIf } from "./events.ts";
import { generatedServers } from "./generated-servers-schema.ts";

/** Returns how many servers a person has had generated on a day (UTC, days since 1970). */
export async function countGenerated(db: Db, userId: string, day: number): Promise<number> {
  const rows = await db
    .select({ count: generatedServers.count })
    .from(generatedServers)
    .where(isOf(userId, day));
  return rows[0]?.count ?? 0;
}

/** Counts a generated server and stores its event, in one batch. False: the person has had `most` on this day. */
export async function takeGeneration(
  db: Db,
  { userId, day }: { userId: string; day: number },
  most: number,
  event: AuditEvent,
): Promise<boolean> {
  const isBelow = sql`coalesce((SELECT count FROM generated_servers WHERE user_id = ${userId} AND day = ${day}), 0) < ${most}`;
  const count = db
    .insert(generatedServers)
    .select(sql`SELECT ${userId}, ${day}, 1 WHERE ${isBelow}`)
    .onConflictDoUpdate({
      target: [generatedServers.userId, generatedServers.day],
      set: { count: sql`count + 1` },
    })
    .returning({ count: generatedServers.count });
  const [, taken] = await db.batch([insertEventIf(db, event, isBelow), count]);
  return taken.length > 0;
}

/** Deletes the counts of days before `day`. */
export async function deleteOldGenerated(db: Db, day: number): Promise<void> {
  await db.delete(generatedServers).where(lt(generatedServers.day, day));
}

function isOf(userId: string, day: number) {
  return and(eq(generatedServers.userId, userId), eq(generatedServers.day, day));
}
