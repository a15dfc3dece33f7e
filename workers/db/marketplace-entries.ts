import { eq, sql } from "drizzle-orm";
import type { EntryState } from "../contract/api/marketplace-requests.ts";
import { HOSTING_CATALOGUE } from "../contract/hosting/catalogue-data.ts";
import { findHosted } from "../contract/marketplace/hosted-package.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import type { ServerOrigin } from "../contract/marketplace/server-origin.ts";
import type { Db } from "./database.ts";
import { marketplaceServers } from "./marketplace-schema.ts";
import { findListedName, findListedNames, toList } from "./marketplace.ts";

/**
 * Returns what a workspace shows of entries of the marketplace, by the names that it knows, which sources give them. Entries
 * that are not there are left out.
 */
export async function findEntryStates(
  db: Db,
  names: readonly string[],
): Promise<Map<string, EntryState>> {
  if (names.length === 0) return new Map();
  const listed = await findListedNames(db, [...new Set(names)]);
  const { name, title, description, status, statusMessage, updatedAt, score, grade, document } =
    marketplaceServers;
  const rows = await db
    .select({ name, title, description, status, statusMessage, updatedAt, score, grade, document })
    .from(marketplaceServers)
    .where(sql`${name} IN ${toList([...listed.values()])}`)
    .orderBy(sql`${marketplaceServers.number} DESC`);
  // Of two with a name, the older one is what the marketplace shows.
  const states = new Map(
    rows.map(({ document: entry, ...row }) => [row.name, { ...row, ...toFacts(entry) }]),
  );
  return new Map(
    [...listed].flatMap(([wanted, own]) => {
      const state = states.get(own);
      return state ? [[wanted, state] as const] : [];
    }),
  );
}

/**
 * Returns an entry as the origin of a server, under the name that it is listed with, with its version now; null: the
 * marketplace does not have it.
 */
export async function findOrigin(db: Db, wanted: string): Promise<ServerOrigin | null> {
  const listed = await findListedName(db, wanted);
  if (listed === null) return null;
  const { name, number, document, provenance } = marketplaceServers;
  const [row] = await db
    .select({
      document,
      provenance,
      firstSource: sql<string>`(SELECT min(source) FROM marketplace_records AS r WHERE r.number = marketplace_servers.number)`,
    })
    .from(marketplaceServers)
    .where(eq(name, listed))
    .orderBy(number)
    .limit(1);
  if (!row) return null;
  const source = row.provenance["version"]?.source ?? row.firstSource;
  return { name: listed, version: row.document.version, source };
}

function toFacts(document: ServerDocument) {
  const { version, repository, remotes } = document;
  return {
    version,
    repositoryUrl: repository?.url ?? null,
    hasRemote: remotes.length > 0,
    hostedAs: findHosted(document, HOSTING_CATALOGUE)?.id ?? null,
  };
}
