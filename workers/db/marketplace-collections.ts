import { asc, eq, sql } from "drizzle-orm";
import type { CollectionSummary } from "../contract/api/marketplace-curation.ts";
import type { ServerSummary } from "../contract/api/marketplace.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import {
  marketplaceCollections,
  marketplaceCollectionServers,
} from "./marketplace-curation-schema.ts";
import { marketplaceListings, marketplaceServers } from "./marketplace-schema.ts";
import { readSummaries } from "./marketplace-search.ts";
import { toList } from "./marketplace.ts";

/** A collection as it is stored. */
export type CollectionRow = typeof marketplaceCollections.$inferSelect;

/** More collections than a front page can show. */
const MAX_COLLECTIONS = 100;

const { slug, position, name, note } = marketplaceCollectionServers;

/** Returns all collections with a server, by title. */
export async function listCollections(db: Db): Promise<CollectionSummary[]> {
  return db
    .select({ ...columns, serverCount: sql<number>`count(DISTINCT ${name})` })
    .from(marketplaceCollections)
    .innerJoin(marketplaceCollectionServers, eq(slug, marketplaceCollections.slug))
    .innerJoin(marketplaceServers, eq(marketplaceServers.name, name))
    .groupBy(marketplaceCollections.slug)
    .orderBy(asc(marketplaceCollections.title))
    .limit(MAX_COLLECTIONS);
}

/** Returns the collections that have a server, by title. */
export async function listCollectionsOf(
  db: Db,
  server: string,
): Promise<Pick<CollectionRow, "slug" | "title" | "isPack">[]> {
  const { slug: own, title, isPack } = marketplaceCollections;
  return db
    .select({ slug: own, title, isPack })
    .from(marketplaceCollectionServers)
    .innerJoin(marketplaceCollections, eq(slug, own))
    .where(eq(name, server))
    .orderBy(asc(title));
}

/** Returns a collection with the names and notes of its servers, also of those that the marketplace does not have. */
export async function findCollection(
  db: Db,
  wanted: string,
): Promise<{ collection: CollectionRow; servers: { name: string; note: string }[] } | null> {
  const [[collection], servers] = await db.batch([
    db.select().from(marketplaceCollections).where(eq(marketplaceCollections.slug, wanted)),
    db
      .select({ name, note })
      .from(marketplaceCollectionServers)
      .where(eq(slug, wanted))
      .orderBy(asc(position)),
  ]);
  return collection ? { collection, servers } : null;
}

/** Stores a new collection, or replaces one, with its audit event. */
export async function saveCollection(
  db: Db,
  collection: CollectionRow,
  servers: { name: string; note: string }[],
  event: AuditEvent,
): Promise<void> {
  const { slug: own, ...set } = collection;
  await db.batch([
    db
      .insert(marketplaceCollections)
      .values(collection)
      .onConflictDoUpdate({ target: marketplaceCollections.slug, set }),
    db.delete(marketplaceCollectionServers).where(eq(slug, own)),
    // One parameter for all: D1 has a limit.
    db
      .insert(marketplaceCollectionServers)
      .select(
        sql`SELECT ${own}, key, value ->> 'name', value ->> 'note' FROM json_each(${JSON.stringify(servers)})`,
      ),
    insertEvent(db, event),
  ]);
}

/** Deletes a collection, with its audit event. */
export async function deleteCollection(db: Db, own: string, event: AuditEvent): Promise<void> {
  await db.batch([
    db.delete(marketplaceCollectionServers).where(eq(slug, own)),
    db.delete(marketplaceCollections).where(eq(marketplaceCollections.slug, own)),
    insertEvent(db, event),
  ]);
}

/** Returns servers with their documents, by name. Names that the marketplace does not have are left out. */
export async function readServersByName(
  db: Db,
  names: string[],
): Promise<Map<string, { server: ServerSummary; document: ServerDocument }>> {
  const { number, document } = marketplaceServers;
  const rows = await db
    .select({ id: marketplaceListings.id, document })
    .from(marketplaceServers)
    .innerJoin(marketplaceListings, eq(marketplaceListings.number, number))
    .where(sql`${marketplaceServers.name} IN ${toList(names)}`)
    // Of two with a name, the older one is what the marketplace shows: the last one stays in the map.
    .orderBy(sql`${number} DESC`);
  const summaries = await readSummaries(
    db,
    rows.map(({ id }) => id),
  );
  const byId = new Map(summaries.map(({ id, summary }) => [id, summary]));
  return new Map(
    rows.flatMap(({ id, document: entry }) => {
      const server = byId.get(id);
      return server ? [[server.name, { server, document: entry }] as const] : [];
    }),
  );
}

const columns = {
  slug: marketplaceCollections.slug,
  title: marketplaceCollections.title,
  description: marketplaceCollections.description,
  isPack: marketplaceCollections.isPack,
  updatedAt: marketplaceCollections.updatedAt,
};
