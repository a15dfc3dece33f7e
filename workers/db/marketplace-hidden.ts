import { desc, eq, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { marketplaceHidden } from "./marketplace-curation-schema.ts";
import {
  marketplaceListings,
  marketplaceRecords,
  marketplaceSearch,
  marketplaceServers,
  marketplaceVersion,
} from "./marketplace-schema.ts";

/** A server that the operator hides. */
export type HiddenRow = typeof marketplaceHidden.$inferSelect;

/** The servers with this name, in any case: records of several sources can spell it differently. */
function numbersOf(name: string, nameKey: string) {
  return sql`(SELECT s.number FROM marketplace_servers AS s WHERE s.name = ${name} COLLATE NOCASE
    AND s.number IN ${numbersOfRecords(nameKey)})`;
}

function numbersOfRecords(nameKey: string) {
  return sql`(SELECT r.number FROM marketplace_keys AS k
    JOIN marketplace_records AS r ON r.source = k.source AND r.name = k.name WHERE k.key = ${nameKey})`;
}

/**
 * Hides a server, with its audit event: its rows are deleted, and none is stored until it is unhidden
 * (`storeMarketplaceChange`). `nameKey`: the key of the name, of `toNameKey`.
 */
export async function hideServer(
  db: Db,
  hidden: HiddenRow,
  nameKey: string,
  event: AuditEvent,
): Promise<void> {
  const numbers = numbersOf(hidden.name, nameKey);
  const { reason } = hidden;
  await db.batch([
    db
      .insert(marketplaceHidden)
      .values(hidden)
      .onConflictDoUpdate({ target: marketplaceHidden.name, set: { reason } }),
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

/** Ends the hiding of a server, with its audit event. Returns the numbers of the servers to store again. */
export async function unhideServer(
  db: Db,
  name: string,
  nameKey: string,
  event: AuditEvent,
): Promise<number[]> {
  await db.batch([
    db.delete(marketplaceHidden).where(eq(marketplaceHidden.name, name)),
    // The next sync stores the servers if this Worker is lost before it does.
    db
      .update(marketplaceRecords)
      .set({ digest: "" })
      .where(sql`${marketplaceRecords.number} IN ${numbersOfRecords(nameKey)}`),
    insertEvent(db, event),
  ]);
  const rows = await db.all<{ number: number }>(
    sql`SELECT DISTINCT number FROM marketplace_records WHERE number IN ${numbersOfRecords(nameKey)}`,
  );
  return rows.map(({ number }) => number);
}

/** Returns a hidden server; undefined: none with this name is hidden. */
export async function findHidden(db: Db, name: string): Promise<HiddenRow | undefined> {
  const rows = await db.select().from(marketplaceHidden).where(eq(marketplaceHidden.name, name));
  return rows[0];
}

/** Returns a page of the hidden servers, the last hidden first. */
export async function listHidden(
  db: Db,
  { limit, offset }: { limit: number; offset: number },
): Promise<HiddenRow[]> {
  return db
    .select()
    .from(marketplaceHidden)
    .orderBy(desc(marketplaceHidden.hiddenAt), marketplaceHidden.name)
    .limit(limit)
    .offset(offset);
}
