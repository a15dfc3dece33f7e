import { and, desc, eq, gte, inArray, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { marketplaceWeeks } from "./marketplace-curation-schema.ts";
import { marketplaceServers } from "./marketplace-schema.ts";
import { toList } from "./marketplace.ts";

/** The server of a week as it is stored. `week`: its Monday, in days since 1970-01-01. */
export type WeekRow = typeof marketplaceWeeks.$inferSelect;

const { week, name } = marketplaceWeeks;

/** Returns a page of weeks, the latest first; picks for coming weeks are among them. */
export async function listWeeks(
  db: Db,
  { limit, offset }: { limit: number; offset: number },
): Promise<WeekRow[]> {
  return db.select().from(marketplaceWeeks).orderBy(desc(week)).limit(limit).offset(offset);
}

/** Returns the server of a week; undefined: none is decided, or the marketplace does not have it any more. */
export async function findWeek(db: Db, wanted: number): Promise<WeekRow | undefined> {
  const rows = await db
    .select()
    .from(marketplaceWeeks)
    .where(
      and(
        eq(week, wanted),
        sql`EXISTS (SELECT 1 FROM marketplace_servers WHERE marketplace_servers.name = ${name})`,
      ),
    );
  return rows[0];
}

/** Stores the operator's pick for a week, with its audit event. */
export async function savePick(db: Db, row: WeekRow, event: AuditEvent): Promise<void> {
  const { week: _week, ...set } = row;
  await db.batch([
    db.insert(marketplaceWeeks).values(row).onConflictDoUpdate({ target: week, set }),
    insertEvent(db, event),
  ]);
}

/** Deletes the pick for a week, with its audit event. False: there is none. */
export async function deletePick(db: Db, wanted: number, event: AuditEvent): Promise<boolean> {
  const picked = and(eq(week, wanted), eq(marketplaceWeeks.isPick, true));
  const found = await db.select({ week }).from(marketplaceWeeks).where(picked);
  if (found.length === 0) return false;
  await db.batch([db.delete(marketplaceWeeks).where(picked), insertEvent(db, event)]);
  return true;
}

/** Stores what the rule has chosen, in the place of a server that the marketplace does not have any more. */
export async function saveChoice(db: Db, row: WeekRow): Promise<void> {
  const { week: _week, ...set } = row;
  await db
    .insert(marketplaceWeeks)
    .values(row)
    // Two requests can decide at the same time: the first one has decided.
    .onConflictDoUpdate({
      target: week,
      set,
      setWhere: sql`NOT EXISTS (SELECT 1 FROM marketplace_servers WHERE marketplace_servers.name = ${name})`,
    });
}

/** A server that can be that of a week, with what the reason says of it. */
export type Candidate = Pick<typeof marketplaceServers.$inferSelect, "name" | "score" | "grade">;

/**
 * Returns the active servers of the grades A and B that no week from `since` on has, the highest score first. `among`: only
 * servers with these names; null: all, of which the first one is returned.
 */
export async function listCandidates(
  db: Db,
  since: number,
  among: string[] | null,
): Promise<Candidate[]> {
  const { name: own, score, grade, status, number } = marketplaceServers;
  return db
    .select({ name: own, score, grade })
    .from(marketplaceServers)
    .where(
      and(
        inArray(grade, ["A", "B"]),
        eq(status, "active"),
        among === null ? undefined : sql`${own} IN ${toList(among)}`,
        sql`${own} NOT IN ${db.select({ name }).from(marketplaceWeeks).where(gte(week, since))}`,
      ),
    )
    .orderBy(desc(score), number)
    .limit(among === null ? 1 : among.length);
}
