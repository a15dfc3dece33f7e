import { desc, eq, sql, type SQL } from "drizzle-orm";
import type { MarketplaceServer, ServerSummary } from "../contract/api/marketplace.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import type { Db } from "./database.ts";
import {
  marketplaceKeys,
  marketplaceRecords,
  marketplaceSearch,
  marketplaceServers,
} from "./marketplace-schema.ts";

/** Characters of one bound JSON text: D1 allows 2 MB in a value, and a character can have three bytes. */
const CHUNK_CHARS = 600_000;

/** What is stored of a server's summary. */
type StoredSummary = Pick<
  ServerSummary,
  "name" | "title" | "description" | "status" | "publishedAt" | "updatedAt" | "score" | "grade"
>;

/** A server of a list, with what its further members are made from. */
export interface StoredServer extends StoredSummary {
  document: ServerDocument;
  scoreDetail: MarketplaceServer["scoreDetail"];
}

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
  /** Package identifiers, for the search. */
  packages: string;
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

/** Stores a change. */
export async function storeMarketplaceChange(db: Db, change: MarketplaceChange): Promise<void> {
  const { source, asOf, records, deleted, servers, ended } = change;
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
    db.delete(marketplaceSearch).where(sql`${marketplaceSearch.rowid} IN ${numbers}`),
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
    ...toChunks(servers).flatMap((chunk) => [
      db.insert(marketplaceServers).select(
        sql`SELECT value ->> 'number', value ->> 'name', value ->> 'title', value ->> 'description',
            value ->> 'document', value ->> 'provenance', value ->> 'status', value ->> 'statusMessage',
            value ->> 'publishedAt', value ->> 'updatedAt', value ->> 'score', value ->> 'grade',
            value ->> 'scoreDetail', value ->> 'scoredAt'
          FROM json_each(${chunk})`,
      ),
      db.insert(marketplaceSearch).select(
        sql`SELECT value ->> 'number', value ->> 'name', value ->> 'title', value ->> 'description',
          value ->> 'packages' FROM json_each(${chunk})`,
      ),
    ]),
  ]);
}

const { number, name, title, description, status, publishedAt, updatedAt, score, grade } =
  marketplaceServers;
const { document, scoreDetail } = marketplaceServers;
const SUMMARY = {
  name,
  title,
  description,
  status,
  publishedAt,
  updatedAt,
  score,
  grade,
  document,
  scoreDetail,
};

/** Weights of name, title, description and packages; a match in a name counts most. */
const RELEVANCE = sql`bm25(${marketplaceSearch}, 10, 8, 3, 2)`;

/** A part of a list. */
interface Part {
  limit: number;
  offset: number;
}

/**
 * Searches servers: those that have all words, each also as the beginning of a word, the most relevant first. A high score
 * can outweigh a better match: 100 counts three times as much as 0.
 */
export async function searchServers(
  db: Db,
  words: string[],
  { limit, offset }: Part,
): Promise<StoredServer[]> {
  const match = words.map((word) => `"${word}"*`).join(" ");
  return db
    .select(SUMMARY)
    .from(marketplaceSearch)
    .innerJoin(marketplaceServers, eq(number, marketplaceSearch.rowid))
    .where(sql`${marketplaceSearch} MATCH ${match}`)
    .orderBy(sql`${RELEVANCE} * (1 + ${score} / 50.0)`, number)
    .limit(limit)
    .offset(offset);
}

/** Returns servers, those with the highest score first. */
export async function listServersByScore(db: Db, { limit, offset }: Part): Promise<StoredServer[]> {
  return db
    .select(SUMMARY)
    .from(marketplaceServers)
    .orderBy(desc(score), desc(number))
    .limit(limit)
    .offset(offset);
}

/** Returns a server with what each source calls it; null: there is none with this name. */
export async function findMarketplaceServer(db: Db, wanted: string) {
  const [row] = await db
    .select()
    .from(marketplaceServers)
    .where(eq(name, wanted))
    .orderBy(number)
    .limit(1);
  if (!row) return null;
  const { source, name: sourceName, asOf } = marketplaceRecords;
  const sources = await db
    .select({ source, name: sourceName, asOf })
    .from(marketplaceRecords)
    .where(eq(marketplaceRecords.number, row.number));
  const { number: _number, ...server } = row;
  return { ...server, sources };
}

function toList(values: (string | number)[]): SQL {
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
