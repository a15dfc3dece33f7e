import { eq, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { marketplaceReadmes } from "./marketplace-readmes-schema.ts";
import { marketplaceServers } from "./marketplace-schema.ts";
import { toList } from "./marketplace.ts";
import type { QueryBudget } from "./query-budget.ts";

/** Bytes of all READMEs that are kept, of the 10 GB that D1 stores. */
const MAX_BYTES = 256 * 1024 * 1024;
/** The least that a row counts. */
const ROW_BYTES = 500;

/** What is stored of a README. */
export type ReadmeRow = typeof marketplaceReadmes.$inferSelect;

/** Returns the description of a server; null: there is none with this name. */
export async function findDescribedServer(db: Db, wanted: string) {
  const { number, name, document } = marketplaceServers;
  const [row] = await db
    .select({ number, document })
    .from(marketplaceServers)
    .where(eq(name, wanted))
    .orderBy(number)
    .limit(1);
  return row ?? null;
}

/** Returns the README of a repository; null: it was never asked for. */
export async function findReadme(db: Db, repository: string): Promise<ReadmeRow | null> {
  const rows = await db
    .select()
    .from(marketplaceReadmes)
    .where(eq(marketplaceReadmes.repository, repository));
  return rows[0] ?? null;
}

/** Begins to fetch a README, unless it is fresh or another request fetches it; returns whether it does. */
export async function leaseReadme(
  db: Db,
  repository: string,
  now: number,
  leaseUntil: number,
): Promise<boolean> {
  const { nextFetchAt, leaseUntil: until } = marketplaceReadmes;
  const leased = await db
    .insert(marketplaceReadmes)
    .values({ repository, nextFetchAt: now, leaseUntil, bytes: ROW_BYTES, isCut: false })
    .onConflictDoUpdate({
      target: marketplaceReadmes.repository,
      set: { leaseUntil },
      setWhere: sql`${nextFetchAt} <= ${now} AND ${until} <= ${now}`,
    })
    .returning({ repository: marketplaceReadmes.repository });
  return leased.length > 0;
}

/** Stores what a fetch has brought, and ends its lease. What is not given stays as it was. */
export async function storeReadme(
  db: Db,
  repository: string,
  found: Partial<ReadmeRow> & Pick<ReadmeRow, "nextFetchAt" | "problem">,
): Promise<void> {
  const { text } = found;
  const bytes = text && { bytes: ROW_BYTES + new TextEncoder().encode(text).length };
  await db
    .update(marketplaceReadmes)
    .set({ ...found, ...bytes, leaseUntil: 0 })
    .where(eq(marketplaceReadmes.repository, repository));
}

/** Returns the length of the READMEs of repositories, in characters; those that are not known are missing. */
export async function readReadmeChars(
  db: Db,
  repositories: string[],
): Promise<Map<string, number>> {
  const rows = await db.all<{ repository: string; chars: number }>(
    sql`SELECT repository, chars FROM marketplace_readmes
      WHERE repository IN ${toList(repositories)} AND chars IS NOT NULL`,
  );
  return new Map(rows.map(({ repository, chars }) => [repository, chars]));
}

/** Deletes the READMEs that were not asked for since an instant, and the oldest beyond the limit of all. */
export async function deleteOldReadmes(db: Db, before: number, budget: QueryBudget): Promise<void> {
  if (!(await budget.take(1))) return;
  await db.run(
    sql`DELETE FROM marketplace_readmes WHERE next_fetch_at < ${before} OR rowid IN (
      SELECT id FROM (SELECT rowid AS id, sum(bytes) OVER (ORDER BY next_fetch_at DESC, rowid) AS total
        FROM marketplace_readmes) WHERE total > ${MAX_BYTES})`,
  );
}
