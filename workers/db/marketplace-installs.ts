import { and, eq, gt, inArray, lt, sql } from "drizzle-orm";
import type { ServerSummary } from "../contract/api/marketplace.ts";
import type { ClientId } from "../contract/marketplace/install/clients.ts";
import type { Db } from "./database.ts";
import {
  marketplaceInstallDays,
  marketplaceInstalls,
  marketplaceInstallVisits,
  marketplaceListings,
  marketplaceServers,
} from "./marketplace-schema.ts";
import { toList } from "./marketplace.ts";
import { deleteInSteps, type QueryBudget } from "./query-budget.ts";

/** Visits of a day that are kept apart, about 10 MB. Further ones are not counted. */
const MAX_VISITS = 100_000;
/** Installs are kept a week longer than they are shown. */
const KEPT_DAYS = 91;
/** More installs of a server are in no order: the value by which servers are sorted has 32 bits. */
const MAX_SORTED_INSTALLS = 10_000_000;
/** Servers whose growth is compared: those with the most installs. */
const MAX_COMPARED = 500;

/** Returns the salt of a day, which the first visit of the day sets. `salt`: for this case. */
export async function readSalt(db: Db, day: number, salt: string): Promise<string> {
  const [, [row]] = await db.batch([
    db.insert(marketplaceInstallDays).values({ day, salt, visits: 0 }).onConflictDoNothing(),
    db
      .select({ salt: marketplaceInstallDays.salt })
      .from(marketplaceInstallDays)
      .where(eq(marketplaceInstallDays.day, day)),
  ]);
  return row?.salt ?? salt;
}

/** Counts an install, unless the visit is counted already. `digest`: of the visitor and the server. */
export async function countInstall(
  db: Db,
  { day, digest, name, client }: { day: number; digest: string; name: string; client: ClientId },
): Promise<void> {
  const { day: ofDay, visits } = marketplaceInstallDays;
  const added = await db
    .insert(marketplaceInstallVisits)
    .select(
      sql`SELECT ${day}, ${digest} FROM ${marketplaceInstallDays}
        WHERE ${ofDay} = ${day} AND ${visits} < ${MAX_VISITS}`,
    )
    .onConflictDoNothing()
    .returning({ day: marketplaceInstallVisits.day });
  if (added.length === 0) return;
  await db.batch([
    db
      .insert(marketplaceInstalls)
      .values({ day, name, client, count: 1 })
      .onConflictDoUpdate({
        target: [marketplaceInstalls.name, marketplaceInstalls.day, marketplaceInstalls.client],
        set: { count: sql`${marketplaceInstalls.count} + 1` },
      }),
    db
      .update(marketplaceInstallDays)
      .set({ visits: sql`${visits} + 1` })
      .where(eq(ofDay, day)),
  ]);
}

/** Returns the installs of a server by day, after a day. */
export async function readInstalls(
  db: Db,
  name: string,
  afterDay: number,
): Promise<{ day: number; count: number }[]> {
  return db
    .select({ day: marketplaceInstalls.day, count: sql<number>`sum(${marketplaceInstalls.count})` })
    .from(marketplaceInstalls)
    .where(and(eq(marketplaceInstalls.name, name), gt(marketplaceInstalls.day, afterDay)))
    .groupBy(marketplaceInstalls.day);
}

/** Returns how often each of these servers was installed after a day; those that were not are missing. */
export async function readInstallSums(
  db: Db,
  names: string[],
  afterDay: number,
): Promise<Map<string, number>> {
  const { name, day, count } = marketplaceInstalls;
  const rows = await db
    .select({ name, sum: sql<number>`sum(${count})` })
    .from(marketplaceInstalls)
    .where(and(sql`${name} IN ${toList(names)}`, gt(day, afterDay)))
    .groupBy(name);
  return new Map(rows.map((row) => [row.name, row.sum]));
}

/** Returns how often each listing was installed after a day; those that were not are missing. */
export async function readInstallsOfListings(
  db: Db,
  afterDay: number,
): Promise<{ id: number; installs: number }[]> {
  return db
    .select({
      id: marketplaceListings.id,
      installs: sql<number>`min(sum(${marketplaceInstalls.count}), ${MAX_SORTED_INSTALLS})`,
    })
    .from(marketplaceInstalls)
    .innerJoin(marketplaceServers, eq(marketplaceServers.name, marketplaceInstalls.name))
    .innerJoin(marketplaceListings, eq(marketplaceListings.number, marketplaceServers.number))
    .where(gt(marketplaceInstalls.day, afterDay))
    .groupBy(marketplaceListings.id);
}

/** Returns how often servers were installed in the week that ends with a day, and in the four weeks before it. */
export async function readInstallCounts(
  db: Db,
  today: number,
  minInstalls: number,
): Promise<{ name: string; week: number; before: number }[]> {
  const { name, day, count } = marketplaceInstalls;
  const week = sql<number>`sum(iif(${day} > ${today - 7}, ${count}, 0))`;
  return db
    .select({ name, week, before: sql<number>`sum(iif(${day} > ${today - 7}, 0, ${count}))` })
    .from(marketplaceInstalls)
    .where(and(gt(day, today - 35), lt(day, today + 1)))
    .groupBy(name)
    .having(sql`${week} >= ${minInstalls}`)
    .orderBy(sql`${week} DESC`)
    .limit(MAX_COMPARED);
}

/** Returns what a list says of servers, by name. Deprecated ones are left out. */
export async function readTrendingServers(
  db: Db,
  names: string[],
): Promise<
  Map<string, Pick<ServerSummary, "name" | "title" | "description" | "status" | "score" | "grade">>
> {
  const { name, title, description, status, score, grade } = marketplaceServers;
  const rows = await db
    .select({ name, title, description, status, score, grade })
    .from(marketplaceServers)
    .where(and(inArray(name, names), eq(status, "active")));
  return new Map(rows.map((row) => [row.name, row]));
}

/** Deletes the salts and visits of the days before, and old installs. */
export async function deleteExpiredInstalls(
  db: Db,
  today: number,
  budget: QueryBudget,
): Promise<void> {
  if (!(await budget.take(2))) return;
  // First of all: without its salt, a digest says nothing.
  await db.delete(marketplaceInstallDays).where(lt(marketplaceInstallDays.day, today));
  await db.delete(marketplaceInstalls).where(lt(marketplaceInstalls.day, today - KEPT_DAYS));
  const where = sql`day < ${today}`;
  await deleteInSteps(db, budget, {
    table: "marketplace_install_visits",
    key: "day, digest",
    where,
  });
}
