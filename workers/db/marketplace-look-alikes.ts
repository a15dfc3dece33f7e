import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  isNull,
  lte,
  or,
  sql,
  type SQL,
} from "drizzle-orm";
import type { Db } from "./database.ts";
import { marketplaceComparison, marketplaceLookAlikes } from "./marketplace-look-alikes-schema.ts";
import {
  marketplaceListings,
  marketplaceRecords,
  marketplaceServers,
  marketplaceVersion,
} from "./marketplace-schema.ts";
import { toList } from "./marketplace.ts";

const { number, name, title, score, scoreDetail, status, document } = marketplaceServers;
const { id } = marketplaceListings;
/** What is compared of servers: `packages` as JSON, the URL of the repository, and the number of remotes. */
const COMPARED = {
  number,
  name,
  title,
  scoreDetail,
  packages: sql<string>`${document} ->> '$.packages'`,
  repository: sql<string | null>`${document} ->> '$.repository.url'`,
  remotes: sql<number>`json_array_length(${document}, '$.remotes')`,
};

/** A cursor before all listings: their ids begin with 1. */
export const BEFORE_FIRST = 0;

/** The mark of a server: the well-known one that it resembles. */
export type LookAlikeMark = typeof marketplaceLookAlikes.$inferSelect;
/** How far the comparison is: its day, and the last listing that was compared. `cursor` null: it begins with the first. */
export type Comparison = Pick<typeof marketplaceComparison.$inferSelect, "day" | "cursor">;

/** Returns how far the comparison is, and whether there are listings beyond its cursor. */
export async function readComparison(db: Db): Promise<Comparison & { hasNext: boolean }> {
  const { day, cursor } = marketplaceComparison;
  const isBeyond = sql`l.id > ifnull(cursor, ${BEFORE_FIRST})`;
  const hasNext = sql`EXISTS (SELECT 1 FROM marketplace_listings AS l WHERE ${isBeyond})`;
  const [row] = await db
    .select({ day, cursor, hasNext: hasNext.mapWith(Boolean) })
    .from(marketplaceComparison);
  if (!row) throw new Error("the migrations store a comparison");
  return row;
}

/** Returns the active servers of a source with the highest scores. */
export async function listBestServers(db: Db, source: string, minScore: number, limit: number) {
  const { number: ofRecord, source: ofSource } = marketplaceRecords;
  return db
    .select(COMPARED)
    .from(marketplaceServers)
    .where(
      and(
        gte(score, minScore),
        eq(status, "active"),
        sql`EXISTS (SELECT 1 FROM ${marketplaceRecords}
          WHERE ${ofRecord} = ${number} AND ${ofSource} = ${source})`,
      ),
    )
    .orderBy(desc(score), asc(number))
    .limit(limit);
}

/** Returns the servers that a source describes, with the name that it gives each. */
export async function listServersOfSource(db: Db, source: string) {
  return db
    .select({ ...COMPARED, sourceName: marketplaceRecords.name })
    .from(marketplaceRecords)
    .innerJoin(marketplaceServers, eq(number, marketplaceRecords.number))
    .where(eq(marketplaceRecords.source, source));
}

/**
 * Returns the next servers by the ids of their listings, which grow, and the marks of all up to the last of them. Marks of
 * servers that are no longer listed are among them.
 */
export async function readNextServers(db: Db, after: number, limit: number) {
  const servers = await db
    .select({ ...COMPARED, id })
    .from(marketplaceListings)
    .innerJoin(marketplaceServers, eq(number, marketplaceListings.number))
    .where(gt(id, after))
    .orderBy(asc(id))
    .limit(limit);
  const last = servers.at(-1)?.id ?? after;
  const marks = await db
    .select(getTableColumns(marketplaceLookAlikes))
    .from(marketplaceLookAlikes)
    .leftJoin(marketplaceListings, eq(marketplaceListings.number, marketplaceLookAlikes.number))
    .where(or(isNull(id), and(gt(id, after), lte(id, last))));
  return { servers, marks, last };
}

/** Has the comparison begin anew: a statement for a batch. */
export function restartComparison(db: Db, condition: SQL) {
  return db.update(marketplaceComparison).set({ cursor: null }).where(condition);
}

/** Stores the changes of marks, and how far the comparison is; nothing if another step has done so meanwhile. */
export async function storeMarks(
  db: Db,
  change: { added: LookAlikeMark[]; removed: number[]; from: Comparison; to: Comparison },
): Promise<void> {
  const { added, removed, from, to } = change;
  const rewritten = toList([...removed, ...added.map((mark) => mark.number)]);
  const isCurrent = sql`EXISTS (SELECT 1 FROM marketplace_comparison
    WHERE day = ${from.day} AND cursor IS ${from.cursor})`;
  const isChanged = added.length + removed.length > 0;
  await db.batch([
    db
      .delete(marketplaceLookAlikes)
      .where(sql`${marketplaceLookAlikes.number} IN ${rewritten} AND ${isCurrent}`),
    db.insert(marketplaceLookAlikes).select(
      sql`SELECT value ->> 'number', value ->> 'resembles', value ->> 'part'
        FROM json_each(${JSON.stringify(added)}) WHERE ${isCurrent}`,
    ),
    db
      .update(marketplaceVersion)
      .set({ version: sql`version + ${isChanged ? 1 : 0}` })
      .where(isCurrent),
    db.update(marketplaceComparison).set(to).where(isCurrent),
  ]);
}
