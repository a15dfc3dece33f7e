import { and, eq, gte, lt, max } from "drizzle-orm";
import type { Db } from "./database.ts";
import { marketplaceServers } from "./marketplace-schema.ts";

const { number, name, updatedAt, status } = marketplaceServers;

/** The highest number of a server of the marketplace; 0: there is none. */
export async function findLastNumber(db: Db): Promise<number> {
  const [row] = await db.select({ last: max(number) }).from(marketplaceServers);
  return row?.last ?? 0;
}

/** The active servers whose numbers are from `first` to before `end`. */
export async function listForSitemap(
  db: Db,
  first: number,
  end: number,
): Promise<{ name: string; updatedAt: number | null }[]> {
  return db
    .select({ name, updatedAt })
    .from(marketplaceServers)
    .where(and(gte(number, first), lt(number, end), eq(status, "active")));
}
