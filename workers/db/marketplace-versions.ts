import { desc, eq, sql, type SQL } from "drizzle-orm";
import type { Db } from "./database.ts";
import { marketplaceServers } from "./marketplace-schema.ts";
import { marketplaceVersions } from "./marketplace-versions-schema.ts";

/** Former states of a server that are kept. */
const KEPT_VERSIONS = 20;

/** A former state of a server, to be kept. `state`: VersionState as JSON; null: it is too large. */
export interface FormerVersion {
  number: number;
  version: string | null;
  source: string | null;
  publishedAt: number | null;
  replacedAt: number;
  state: string | null;
}

/**
 * The statements that keep former states, and delete those of servers that are no more. `chunks`: `FormerVersion` as JSON
 * lists.
 */
export function keepVersions(db: Db, chunks: string[], ended: SQL) {
  const { number } = marketplaceVersions;
  return [
    ...chunks.flatMap((chunk) => [
      db.insert(marketplaceVersions).select(
        sql`SELECT NULL, value ->> 'number', value ->> 'version', value ->> 'source', value ->> 'publishedAt',
            value ->> 'replacedAt', value ->> 'state'
          FROM json_each(${chunk})`,
      ),
      db.delete(marketplaceVersions).where(
        sql`${number} IN (SELECT value ->> 'number' FROM json_each(${chunk}))
          AND id <= (SELECT newer.id FROM marketplace_versions AS newer
            WHERE newer.number = marketplace_versions.number
            ORDER BY newer.id DESC LIMIT 1 OFFSET ${KEPT_VERSIONS})`,
      ),
    ]),
    db.delete(marketplaceVersions).where(sql`${number} IN ${ended}`),
  ];
}

/** Returns servers as they are stored. `numbers`: a list of them. */
export async function readStoredServers(db: Db, numbers: SQL) {
  const { number, document, provenance, publishedAt } = marketplaceServers;
  return db
    .select({ number, document, provenance, publishedAt })
    .from(marketplaceServers)
    .where(sql`${number} IN ${numbers}`);
}

/** Returns a server as it is now, and its former states, the newest first; null: there is none with this name. */
export async function findVersions(db: Db, wanted: string) {
  const { number, name, document, provenance, publishedAt } = marketplaceServers;
  const [current] = await db
    .select({ number, document, provenance, publishedAt })
    .from(marketplaceServers)
    .where(eq(name, wanted))
    .orderBy(number)
    .limit(1);
  if (!current) return null;
  const former = await db
    .select()
    .from(marketplaceVersions)
    .where(eq(marketplaceVersions.number, current.number))
    .orderBy(desc(marketplaceVersions.id));
  return { current, former };
}
