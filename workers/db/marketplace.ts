import { eq, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { ServerSummary } from "../contract/api/marketplace.ts";
import type { Db } from "./database.ts";
import { planRemotes } from "./marketplace-remotes.ts";
import {
  marketplaceKeys,
  marketplaceListings,
  marketplaceRecords,
  marketplaceSearch,
  marketplaceServers,
  marketplaceVersion,
} from "./marketplace-schema.ts";
import { keepVersions, type FormerVersion } from "./marketplace-versions.ts";

/** Characters of one bound JSON text: D1 allows 2 MB in a value, and a character can have three bytes. */
const CHUNK_CHARS = 600_000;

/** In `marketplace_keys`, the source of what is hidden. No registry has this name. */
export const HIDDEN_SOURCE = "";

/** What is stored of a server's summary. */
type StoredSummary = Pick<
  ServerSummary,
  "name" | "title" | "description" | "status" | "publishedAt" | "updatedAt" | "score" | "grade"
>;

/** What a source says of a server. `entry`: RegistryEntry as JSON, with its digest. */
export interface MarketplaceRecord {
  name: string;
  number: number;
  entry: string;
  digest: string;
  keys: string[];
}

/** A server as it is stored: its merged description and score, JSON members as text. */
export interface MarketplaceRow extends Omit<StoredSummary, "grade"> {
  number: number;
  document: string;
  provenance: string;
  statusMessage: string | null;
  grade: string | null;
  scoreDetail: string;
  scoredAt: number;
  /** Facets as JSON. */
  facets: string;
  /** It is not stored if one of them is hidden. */
  hidingKeys: string[];
  /** The last publication or update, in seconds; 0: not known. */
  changedAt: number;
  /** The texts by which it is found. */
  search: Record<"publisher" | "packages" | "tags" | "name", string> &
    Record<"title" | "description", string | null>;
}

/** A change of what is stored, as one transaction. Names and numbers have no duplicates. */
export interface MarketplaceChange {
  source: string;
  asOf: number;
  records: MarketplaceRecord[];
  /** Names of records of the source that are deleted. */
  deleted: string[];
  servers: MarketplaceRow[];
  /** Numbers of servers that no source describes any more. */
  ended: number[];
  /** What is kept of servers that change. */
  former: FormerVersion[];
}

/** Returns the server and digest of a source's records with these names. */
export async function readRecords(
  db: Db,
  source: string,
  names: string[],
): Promise<Map<string, { number: number; digest: string }>> {
  const rows = await db.all<{ name: string; number: number; digest: string }>(
    sql`SELECT name, number, digest FROM marketplace_records
      WHERE source = ${source} AND name IN ${toList(names)}`,
  );
  return new Map(rows.map(({ name, ...row }) => [name, row]));
}

/** Returns the names of all records of a source. */
export async function listRecordNames(db: Db, source: string): Promise<string[]> {
  const rows = await db
    .select({ name: marketplaceRecords.name })
    .from(marketplaceRecords)
    .where(eq(marketplaceRecords.source, source));
  return rows.map((row) => row.name);
}

/** Returns the servers of other sources' records that have one of the keys, and whether the source describes them too. */
export async function findServersByKeys(db: Db, source: string, keys: string[]) {
  return db.all<{ key: string; number: number; isDescribed: number }>(
    sql`SELECT DISTINCT k.key AS key, r.number AS number, EXISTS (SELECT 1 FROM marketplace_records AS own
        WHERE own.number = r.number AND own.source = ${source}) AS isDescribed
      FROM marketplace_keys AS k JOIN marketplace_records AS r ON r.source = k.source AND r.name = k.name
      WHERE k.key IN ${toList(keys)} AND k.source <> ${source} ORDER BY r.number`,
  );
}

/** Returns all records of servers. */
export async function readRecordsOfServers(db: Db, numbers: number[]) {
  return db.all<{ number: number; source: string; name: string; entry: string; asOf: number }>(
    sql`SELECT number, source, name, entry, as_of AS asOf FROM marketplace_records
      WHERE number IN ${toList(numbers)}`,
  );
}

/** Stores a change, with further statements in the same transaction. */
export async function storeMarketplaceChange(
  db: Db,
  change: MarketplaceChange,
  further: readonly BatchItem<"sqlite">[],
): Promise<void> {
  const { source, asOf, records, deleted, servers, ended, former } = change;
  const rewritten = toList([...records.map(({ name }) => name), ...deleted]);
  const numbers = toList([...servers.map(({ number }) => number), ...ended]);
  const keys = records.flatMap((record) => record.keys.map((key) => ({ key, name: record.name })));
  await db.batch([
    db
      .delete(marketplaceKeys)
      .where(
        sql`${marketplaceKeys.source} = ${source} AND ${marketplaceKeys.name} IN ${rewritten}`,
      ),
    db
      .delete(marketplaceRecords)
      .where(
        sql`${marketplaceRecords.source} = ${source} AND ${marketplaceRecords.name} IN ${rewritten}`,
      ),
    db
      .delete(marketplaceSearch)
      .where(
        sql`${marketplaceSearch.rowid} IN (SELECT id FROM marketplace_listings WHERE number IN ${numbers})`,
      ),
    db.delete(marketplaceListings).where(sql`${marketplaceListings.number} IN ${toList(ended)}`),
    db.delete(marketplaceServers).where(sql`${marketplaceServers.number} IN ${numbers}`),
    ...toChunks(records).map((chunk) =>
      db.insert(marketplaceRecords).select(
        sql`SELECT ${source}, value ->> 'name', value ->> 'number', value ->> 'entry', value ->> 'digest', ${asOf}
          FROM json_each(${chunk})`,
      ),
    ),
    ...toChunks(keys).map((chunk) =>
      db
        .insert(marketplaceKeys)
        .select(sql`SELECT value ->> 'key', ${source}, value ->> 'name' FROM json_each(${chunk})`),
    ),
    ...toChunks(servers).flatMap((chunk) => insertServers(db, chunk)),
    ...further,
    ...keepVersions(db, toChunks(former), toList(ended)),
    ...planRemotes(db, numbers),
    db.update(marketplaceVersion).set({ version: sql`version + 1` }),
  ]);
}

/**
 * The statements that insert servers with their listings and texts, but for those that the operator hides. `chunk`: a list of
 * `MarketplaceRow` as JSON.
 */
function insertServers(db: Db, chunk: string) {
  // The first operand decides on the case.
  const isShown = sql`NOT EXISTS (SELECT 1 FROM marketplace_hidden AS h WHERE h.name = given.value ->> 'name')
    AND NOT EXISTS (SELECT 1 FROM json_each(given.value -> 'hidingKeys') AS own JOIN marketplace_keys AS hidden
      ON hidden.key = own.value AND hidden.source = ${HIDDEN_SOURCE})`;
  return [
    db.insert(marketplaceServers).select(
      sql`SELECT value ->> 'number', value ->> 'name', value ->> 'title', value ->> 'description',
            value ->> 'document', value ->> 'provenance', value ->> 'status', value ->> 'statusMessage',
            value ->> 'publishedAt', value ->> 'updatedAt', value ->> 'score', value ->> 'grade',
            value ->> 'scoreDetail', value ->> 'scoredAt'
          FROM json_each(${chunk}) AS given WHERE ${isShown}`,
    ),
    // A server keeps its id.
    db
      .insert(marketplaceListings)
      .select(
        sql`SELECT NULL, value ->> 'number', value ->> 'facets', value ->> 'grade', value ->> 'score',
            value ->> 'changedAt', lower(substr(value ->> 'name', 1, instr(value ->> 'name', '/') - 1))
          FROM json_each(${chunk}) AS given WHERE ${isShown}`,
      )
      .onConflictDoUpdate({
        target: marketplaceListings.number,
        set: {
          facets: sql`excluded.facets`,
          grade: sql`excluded.grade`,
          score: sql`excluded.score`,
          changedAt: sql`excluded.changed_at`,
          publisher: sql`excluded.publisher`,
        },
      }),
    db.insert(marketplaceSearch).select(
      sql`SELECT l.id, value -> 'search' ->> 'name', value -> 'search' ->> 'title',
          value -> 'search' ->> 'publisher', value -> 'search' ->> 'packages', value -> 'search' ->> 'tags',
          value -> 'search' ->> 'description'
          FROM json_each(${chunk}) JOIN marketplace_listings AS l ON l.number = value ->> 'number'`,
    ),
  ];
}

/** Returns a server with what each source calls it, and its listing; null: there is none with this name. */
export async function findMarketplaceServer(db: Db, wanted: string) {
  const [found] = await db
    .select({
      server: marketplaceServers,
      id: marketplaceListings.id,
      facets: marketplaceListings.facets,
    })
    .from(marketplaceServers)
    .innerJoin(marketplaceListings, eq(marketplaceListings.number, marketplaceServers.number))
    .where(eq(marketplaceServers.name, wanted))
    .orderBy(marketplaceServers.number)
    .limit(1);
  if (!found) return null;
  const { server: row, ...listing } = found;
  const { source, name: sourceName, asOf } = marketplaceRecords;
  const sources = await db
    .select({ source, name: sourceName, asOf })
    .from(marketplaceRecords)
    .where(eq(marketplaceRecords.number, row.number));
  const { number: _number, ...server } = row;
  return { ...listing, server: { ...server, sources } };
}

/**
 * Returns the names of the servers that are listed with these names, or to which a source gives them, in any case; a hidden
 * name is none. By the wanted name; those that no server has are missing.
 */
export async function findListedNames(db: Db, wanted: string[]): Promise<Map<string, string>> {
  // The key of a name: `toNameKey`.
  const rows = await db.all<{ wanted: string; name: string | null }>(
    sql`WITH given AS (SELECT value AS wanted, 'name ' || lower(value) AS key FROM json_each(${JSON.stringify(wanted)}))
      SELECT wanted, coalesce((SELECT name FROM marketplace_servers WHERE name = wanted),
        (SELECT s.name FROM marketplace_keys AS k JOIN marketplace_records AS r ON r.source = k.source AND r.name = k.name
            JOIN marketplace_servers AS s ON s.number = r.number
          WHERE k.key = given.key AND NOT EXISTS (SELECT 1 FROM marketplace_keys AS hidden
            WHERE hidden.key = given.key AND hidden.source = ${HIDDEN_SOURCE})
          ORDER BY s.number LIMIT 1)) AS name
      FROM given`,
  );
  return new Map(rows.flatMap(({ wanted: key, name }) => (name === null ? [] : [[key, name]])));
}

/** Returns the name under which one server is listed, as `findListedNames`; null: there is none. */
export async function findListedName(db: Db, wanted: string): Promise<string | null> {
  return (await findListedNames(db, [wanted])).get(wanted) ?? null;
}

/** A list of values as one parameter. */
export function toList(values: (string | number)[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** Divides rows into JSON lists that D1 accepts as values. */
function toChunks(rows: object[]): string[] {
  const chunks: string[][] = [];
  let size = Infinity;
  for (const row of rows) {
    const text = JSON.stringify(row);
    size += text.length;
    if (size > CHUNK_CHARS) {
      chunks.push([]);
      size = text.length;
    }
    chunks.at(-1)?.push(text);
  }
  return chunks.map((texts) => `[${texts.join(",")}]`);
}
