import { and, desc, eq, getTableColumns, sql } from "drizzle-orm";
import type { SignalService } from "../contract/api/marketplace-signals.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { marketplaceHidden } from "./marketplace-curation-schema.ts";
import {
  marketplaceKeys,
  marketplaceListings,
  marketplaceRecords,
  marketplaceSearch,
  marketplaceServers,
  marketplaceVersion,
} from "./marketplace-schema.ts";
import { HIDDEN_SOURCE, toList } from "./marketplace.ts";
import { users } from "./people-schema.ts";

/** A server that the operator hides. */
export type HiddenRow = typeof marketplaceHidden.$inferSelect;

/** Returns the numbers of the servers of which a record has one of these keys, or which have one of the repositories. */
export async function listServersByKeys(db: Db, keys: string[]): Promise<number[]> {
  const repositories = keys.flatMap(
    (key) => /^repository github\.com\/([^/]+\/[^/]+)/.exec(key)?.[1] ?? [],
  );
  const rows = await db.all<{ number: number }>(
    sql`SELECT r.number AS number FROM marketplace_keys AS k
        JOIN marketplace_records AS r ON r.source = k.source AND r.name = k.name WHERE k.key IN ${toList(keys)}
      UNION SELECT number FROM marketplace_subjects
        WHERE service = ${"github" satisfies SignalService} AND subject IN ${toList(repositories)}`,
  );
  return rows.map(({ number }) => number);
}

/** What hidden servers have in common with others that can be the same. */
export interface Likeness {
  /** Identifiers of packages, without versions. */
  packages: string[];
  /** URLs of addresses. */
  addresses: string[];
  /** Namespaces in lower case. */
  publishers: string[];
  /** On GitHub, as `owner/name` in lower case. */
  repositories: string[];
}

/**
 * Returns the numbers of at most `limit` listed servers that can have one of the packages or addresses, those with one of the
 * namespaces or repositories first. A package is found by its words, so that some have another one; an address, if it is
 * probed or the namespace is one of these.
 */
export async function listServersLike(
  db: Db,
  { packages, addresses, publishers, repositories }: Likeness,
  limit: number,
): Promise<number[]> {
  // Quotation marks and control characters would end the phrase.
  const phrases = packages.map((text) => `packages : "${text.replaceAll(/[\p{Cc}"]+/gu, " ")}"`);
  const own = toList(publishers);
  const urls = toList(addresses);
  const rows = await db.all<{ number: number }>(
    sql`WITH found AS (
        SELECT l.number AS number FROM json_each(${JSON.stringify(phrases)}) AS given
          JOIN marketplace_search ON marketplace_search MATCH given.value
          JOIN marketplace_listings AS l ON l.id = marketplace_search.rowid
        UNION SELECT number FROM marketplace_remotes WHERE rtrim(url, '/') IN ${urls}
        UNION SELECT s.number FROM marketplace_listings AS l JOIN marketplace_servers AS s ON s.number = l.number,
            json_each(s.document, '$.remotes') AS r
          WHERE l.publisher IN ${own} AND rtrim(r.value ->> 'url', '/') IN ${urls})
      SELECT l.number AS number FROM found JOIN marketplace_listings AS l ON l.number = found.number
      ORDER BY l.publisher IN ${own} OR l.number IN (SELECT number FROM marketplace_subjects
        WHERE service = ${"github" satisfies SignalService} AND subject IN ${toList(repositories)}) DESC
      LIMIT ${limit}`,
  );
  return rows.map(({ number }) => number);
}

/** Returns the names and descriptions of listed servers. */
export async function readListedDocuments(db: Db, numbers: number[]) {
  const { name, document, number } = marketplaceServers;
  return db
    .select({ name, document })
    .from(marketplaceServers)
    .where(sql`${number} IN ${toList(numbers)}`)
    .orderBy(name);
}

/** Returns the numbers of the servers that are hidden, under any name. */
export async function listHiddenNumbers(db: Db): Promise<number[]> {
  const rows = await db.all<{ number: number }>(
    sql`SELECT DISTINCT number FROM marketplace_records
      WHERE number NOT IN (SELECT number FROM marketplace_servers)`,
  );
  return rows.map(({ number }) => number);
}

/** Returns the keys that are hidden with a server, besides its name. */
export async function listHiddenKeys(db: Db, name: string): Promise<string[]> {
  const rows = await db
    .select({ key: marketplaceKeys.key })
    .from(marketplaceKeys)
    .where(and(eq(marketplaceKeys.source, HIDDEN_SOURCE), eq(marketplaceKeys.name, name)));
  return rows.map(({ key }) => key);
}

/**
 * Hides a server, with its audit event: the rows of the servers with these `numbers` are deleted, and none with one of
 * the `keys` is stored until it is unhidden (`storeMarketplaceChange`).
 */
export async function hideServer(
  db: Db,
  hidden: HiddenRow,
  what: { keys: string[]; numbers: number[] },
  event: AuditEvent,
): Promise<void> {
  const { name, reason } = hidden;
  const numbers = toList(what.numbers);
  await db.batch([
    db
      .insert(marketplaceHidden)
      .values(hidden)
      .onConflictDoUpdate({ target: marketplaceHidden.name, set: { reason } }),
    db
      .insert(marketplaceKeys)
      .select(
        sql`SELECT value, ${HIDDEN_SOURCE}, ${name} FROM json_each(${JSON.stringify(what.keys)}) WHERE true`,
      )
      .onConflictDoNothing(),
    db
      .delete(marketplaceSearch)
      .where(
        sql`${marketplaceSearch.rowid} IN (SELECT id FROM marketplace_listings WHERE number IN ${numbers})`,
      ),
    db.delete(marketplaceListings).where(sql`${marketplaceListings.number} IN ${numbers}`),
    db.delete(marketplaceServers).where(sql`${marketplaceServers.number} IN ${numbers}`),
    db.update(marketplaceVersion).set({ version: sql`version + 1` }),
    insertEvent(db, event),
  ]);
}

/** Ends the hiding of a server, with its audit event. `numbers`: of the servers to store again. */
export async function unhideServer(
  db: Db,
  name: string,
  numbers: number[],
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.delete(marketplaceHidden).where(eq(marketplaceHidden.name, name)),
    db
      .delete(marketplaceKeys)
      .where(and(eq(marketplaceKeys.source, HIDDEN_SOURCE), eq(marketplaceKeys.name, name))),
    // The next sync stores the servers if this Worker is lost before it does.
    db
      .update(marketplaceRecords)
      .set({ digest: "" })
      .where(sql`${marketplaceRecords.number} IN ${toList(numbers)}`),
    insertEvent(db, event),
  ]);
}

/** Returns a hidden server; undefined: none with this name is hidden. */
export async function findHidden(db: Db, name: string): Promise<HiddenRow | undefined> {
  const rows = await db.select().from(marketplaceHidden).where(eq(marketplaceHidden.name, name));
  return rows[0];
}

/** Returns the hidden server that hides a name, in any case; undefined: none does. `nameKey`: of `toNameKey`. */
export async function findHiding(
  db: Db,
  name: string,
  nameKey: string,
): Promise<HiddenRow | undefined> {
  const rows = await db
    .select()
    .from(marketplaceHidden)
    .where(
      sql`${marketplaceHidden.name} IN (SELECT ${name} UNION SELECT name FROM marketplace_keys
        WHERE source = ${HIDDEN_SOURCE} AND key = ${nameKey})`,
    );
  return rows[0];
}

/** Returns a page of the hidden servers with the names of the users who hid them (null: the operator), the last hidden first. */
export async function listHidden(
  db: Db,
  { limit, offset }: { limit: number; offset: number },
): Promise<(Omit<HiddenRow, "hiddenBy"> & { hiddenBy: string | null })[]> {
  return db
    .select({ ...getTableColumns(marketplaceHidden), hiddenBy: users.name })
    .from(marketplaceHidden)
    .leftJoin(users, eq(users.id, marketplaceHidden.hiddenBy))
    .orderBy(desc(marketplaceHidden.hiddenAt), marketplaceHidden.name)
    .limit(limit)
    .offset(offset);
}
