import { and, eq, gte, lt } from "drizzle-orm";
import type { Db } from "./database.ts";
import { marketplaceServers } from "./marketplace-schema.ts";

const { number, name, updatedAt, status } = marketplaceServers;
/** The numbers of servers are random, of 52 bits. */
const NUMBERS = 2 ** 52;

/** Returns how many servers the marketplace has. */
export async function countMarketplaceServers(db: Db): Promise<number> {
  return db.$count(marketplaceServers);
}

/** Returns the active servers of one of several parts of about the same size. `part`: from 0. */
export async function listForSitemap(
  db: Db,
  { part, parts }: { part: number; parts: number },
): Promise<{ name: string; updatedAt: number | null }[]> {
  const first = Math.floor((part * NUMBERS) / parts);
  const end = Math.floor(((part + 1) * NUMBERS) / parts);
  return db
    .select({ name, updatedAt })
    .from(marketplaceServers)
    .where(and(gte(number, first), lt(number, end), eq(status, "active")));
}
