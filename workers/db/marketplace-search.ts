import { eq, inArray, sql } from "drizzle-orm";
import type { SignalService } from "../contract/api/marketplace-signals.ts";
import type { ServerSummary } from "../contract/api/marketplace.ts";
import type { Db } from "./database.ts";
import { marketplaceLookAlikes } from "./marketplace-look-alikes-schema.ts";
import { marketplaceListings, marketplaceServers } from "./marketplace-schema.ts";
import { toList } from "./marketplace.ts";

/** Most servers that a search finds, so that their ids fit into one value of D1, which has 2 MB at most. */
const MAX_MATCHES = 200_000;
/** Longer words are not corrected. In letters. */
const LONGEST_WORD = 32;
/** Listings of one row that `readListings` returns, for the same reason. */
const LISTINGS_PER_ROW = 50_000;
/** Character codes in a list of ids. */
const COMMA = 44;
const ZERO = 48;

/** Returns how often listings have changed. */
export async function readMarketplaceVersion(db: Db): Promise<number> {
  const [row] = await db.all<{ version: number }>(sql`SELECT version FROM marketplace_version`);
  if (!row) throw new Error("the migrations store a version");
  return row.version;
}

/**
 * Returns all listings, those with the same facets and grade in one row (or in several, if they are many). `listings`: id,
 * score and `changedAt` of each, separated by spaces, with commas between listings.
 */
export async function readListings(db: Db) {
  return db.all<{ facets: string; grade: ServerSummary["grade"]; listings: string }>(
    sql`SELECT facets, grade, group_concat(id || ' ' || score || ' ' || changed_at) AS listings
      FROM marketplace_listings GROUP BY facets, grade, id / ${sql.raw(String(LISTINGS_PER_ROW))}`,
  );
}

/** Returns the ids of listings for each of several expressions of FTS5, in the order of ids. */
export async function findListings(db: Db, expressions: string[]): Promise<Uint32Array[]> {
  const rows = await db.all<{ position: number; ids: string | null }>(
    sql`SELECT key AS position, (SELECT group_concat(rowid) FROM (SELECT rowid FROM marketplace_search
        WHERE marketplace_search MATCH given.value ORDER BY rowid LIMIT ${MAX_MATCHES})) AS ids
      FROM json_each(${JSON.stringify(expressions)}) AS given`,
  );
  const found = new Map(rows.map(({ position, ids }) => [position, ids]));
  return expressions.map((_, position) => readIds(found.get(position) ?? ""));
}

/** Reads ids with commas between them. A word can have 60,000: they are read several times as fast as by `JSON.parse`. */
function readIds(list: string): Uint32Array {
  const ids = new Uint32Array(Math.ceil(list.length / 2));
  let count = 0;
  let id = 0;
  for (let i = 0; i < list.length; i += 1) {
    const code = list.charCodeAt(i);
    if (code === COMMA) {
      ids[count] = id;
      count += 1;
      id = 0;
    } else id = id * 10 + code - ZERO;
  }
  if (list === "") return ids;
  ids[count] = id;
  return ids.slice(0, count + 1);
}

/** Returns the ids of listings by the key of a name that a source gives the server, or by its repository on GitHub. */
export async function findNamedListings(
  db: Db,
  named: { nameKey: string } | { repository: string },
): Promise<number[]> {
  const numbers =
    "nameKey" in named
      ? sql`SELECT r.number FROM marketplace_keys AS k JOIN marketplace_records AS r
          ON r.source = k.source AND r.name = k.name WHERE k.key = ${named.nameKey}`
      : sql`SELECT number FROM marketplace_subjects
          WHERE service = ${"github" satisfies SignalService} AND subject = ${named.repository}`;
  const rows = await db
    .select({ id: marketplaceListings.id })
    .from(marketplaceListings)
    .where(sql`${marketplaceListings.number} IN (${numbers})`);
  return rows.map(({ id }) => id);
}

/** Returns the ids of listings of namespaces, which are in lower case. */
export async function findListingsOfPublishers(db: Db, publishers: string[]): Promise<number[]> {
  const rows = await db
    .select({ id: marketplaceListings.id })
    .from(marketplaceListings)
    .where(inArray(marketplaceListings.publisher, publishers));
  return rows.map(({ id }) => id);
}

/**
 * Returns a namespace as the names of its servers have it, the number of its servers, and how many of them are active in the
 * official registry (`official`) and have also a repository of the namespace's owner (`owned`). `publisher` is in lower
 * case. Null: it has no servers.
 */
export async function findPublisher(db: Db, publisher: string) {
  const [row] = await db.all<{
    namespace: string | null;
    servers: number;
    official: number;
    owned: number;
  }>(
    // Another source can write it otherwise, and the official registry, which is the evidence, compares with case.
    sql`SELECT coalesce(min(substr(s.name, 1, instr(s.name, '/') - 1)) FILTER (WHERE l.facets ->> 'official'),
          min(substr(s.name, 1, instr(s.name, '/') - 1))) AS namespace, count(*) AS servers,
        total(l.facets ->> 'official') AS official,
        total(l.facets ->> 'official' AND l.facets ->> 'verified') AS owned
      FROM marketplace_listings AS l JOIN marketplace_servers AS s ON s.number = l.number
      WHERE l.publisher = ${publisher}`,
  );
  const namespace = row?.namespace ?? null;
  return row && namespace !== null ? { ...row, namespace } : null;
}

/** Returns the names and titles of listings. */
export async function readListedNames(db: Db, ids: number[]) {
  const { name, title } = marketplaceServers;
  return db
    .select({ id: marketplaceListings.id, name, title })
    .from(marketplaceListings)
    .innerJoin(marketplaceServers, eq(marketplaceServers.number, marketplaceListings.number))
    .where(sql`${marketplaceListings.id} IN ${toList(ids)}`);
}

/** Returns the summaries of listings. */
export async function readSummaries(
  db: Db,
  ids: number[],
): Promise<{ id: number; summary: ServerSummary }[]> {
  const { name, title, description, status, publishedAt, updatedAt, score, grade } =
    marketplaceServers;
  const rows = await db
    .select({
      id: marketplaceListings.id,
      facets: marketplaceListings.facets,
      icon: sql<string | null>`${marketplaceServers.document} ->> '$.icons[0].src'`,
      resembles: { name: marketplaceLookAlikes.resembles, part: marketplaceLookAlikes.part },
      summary: { name, title, description, status, publishedAt, updatedAt, score, grade },
    })
    .from(marketplaceListings)
    .innerJoin(marketplaceServers, eq(marketplaceServers.number, marketplaceListings.number))
    .leftJoin(marketplaceLookAlikes, eq(marketplaceLookAlikes.number, marketplaceListings.number))
    .where(sql`${marketplaceListings.id} IN ${toList(ids)}`);
  return rows.map(({ id, facets, icon, resembles, summary }) => {
    const { transports, auth, categories, official, hostable, clients } = facets;
    const publisher = summary.name.slice(0, summary.name.indexOf("/"));
    const listed = { publisher, icon, transports, auth, categories, official, hostable, clients };
    return { id, summary: { ...summary, ...listed, resembles } };
  });
}

/** Returns how many servers have each of these words; words that none has are missing. */
export async function countServersWithWords(db: Db, words: string[]): Promise<Map<string, number>> {
  const rows = await db.all<{ term: string; servers: number }>(
    sql`SELECT w.term AS term, w.doc AS servers FROM ${toList(words)} AS given
      JOIN marketplace_search_words AS w ON w.term = given.value`,
  );
  return new Map(rows.map(({ term, servers }) => [term, servers]));
}

/**
 * Returns all words by their first letter, each with the number of servers that have it: `postgres 12,postgresql 3`.
 */
export async function readVocabulary(db: Db): Promise<Map<string, string>> {
  const rows = await db.all<{ letter: string; words: string }>(
    sql`SELECT substr(term, 1, 1) AS letter, group_concat(term || ' ' || doc) AS words
      FROM marketplace_search_words
      WHERE length(term) BETWEEN 3 AND ${LONGEST_WORD}
      GROUP BY letter`,
  );
  return new Map(rows.map(({ letter, words }) => [letter, words]));
}
