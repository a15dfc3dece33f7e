import { and, asc, desc, eq, gt, gte, lte, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { marketplaceComparison, marketplaceLookAlikes } from "./marketplace-look-alikes-schema.ts";
import {
  marketplaceRecords,
  marketplaceServers,
  marketplaceVersion,
} from "./marketplace-schema.ts";
import { toList } from "./marketplace.ts";

const { number, name, title, score, scoreDetail, status, document } = marketplaceServers;
/** What is compared of servers. `packages`, as JSON, and the number of their remotes. */
const COMPARED = {
  number,
  name,
  title,
  scoreDetail,
  packages: sql<string>`${document} ->> '$.packages'`,
  remotes: sql<number>`json_array_length(${document}, '$.remotes')`,
};

/** The mark of a server: the well-known one that it resembles. */
export type LookAlikeMark = typeof marketplaceLookAlikes.$inferSelect;
/** How far the nightly comparison is. */
export type Comparison = Pick<typeof marketplaceComparison.$inferSelect, "day" | "cursor">;

/** Returns how far the nightly comparison is. */
export async function readComparison(db: Db): Promise<Comparison> {
  const { day, cursor } = marketplaceComparison;
  const [row] = await db.select({ day, cursor }).from(marketplaceComparison);
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

/** Returns the next servers by number, and the marks of all up to the last of them. */
export async function readNextServers(db: Db, after: number, limit: number) {
  const servers = await db
    .select(COMPARED)
    .from(marketplaceServers)
    .where(gt(number, after))
    .orderBy(asc(number))
    .limit(limit);
  const last = servers.length < limit ? Number.MAX_SAFE_INTEGER : (servers.at(-1)?.number ?? after);
  const { number: marked } = marketplaceLookAlikes;
  const marks = await db
    .select()
    .from(marketplaceLookAlikes)
    .where(and(gt(marked, after), lte(marked, last)));
  return { servers, marks };
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
