import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { MarketplaceServer, ServerSummary } from "../contract/api/marketplace.ts";
import type { Facets } from "../contract/marketplace/facets.ts";
import type { ClientId } from "../contract/marketplace/install/clients.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";

// The tables of the marketplace in `d1-migrations/`, which also defines keys and indexes.

/** What each source says of each server. */
export const marketplaceRecords = sqliteTable("marketplace_records", {
  source: text().notNull(),
  name: text().notNull(),
  number: integer().notNull(),
  entry: text().notNull(),
  digest: text().notNull(),
  asOf: integer("as_of").notNull(),
});

/** Keys by which records of several sources are found to be of the same server. */
export const marketplaceKeys = sqliteTable("marketplace_keys", {
  key: text().notNull(),
  source: text().notNull(),
  name: text().notNull(),
});

/** One row for each server, made from its records. */
export const marketplaceServers = sqliteTable("marketplace_servers", {
  number: integer().primaryKey(),
  name: text().notNull(),
  title: text(),
  description: text(),
  document: text({ mode: "json" }).$type<ServerDocument>().notNull(),
  provenance: text({ mode: "json" }).$type<MarketplaceServer["provenance"]>().notNull(),
  status: text().$type<ServerSummary["status"]>().notNull(),
  statusMessage: text("status_message"),
  publishedAt: integer("published_at"),
  updatedAt: integer("updated_at"),
  score: integer().notNull(),
  grade: text().$type<ServerSummary["grade"]>(),
  scoreDetail: text("score_detail", { mode: "json" })
    .$type<MarketplaceServer["scoreDetail"]>()
    .notNull(),
  scoredAt: integer("scored_at").notNull(),
});

/** By what servers are found, filtered and sorted. */
export const marketplaceListings = sqliteTable("marketplace_listings", {
  id: integer().primaryKey(),
  number: integer().notNull(),
  facets: text({ mode: "json" }).$type<Facets>().notNull(),
  grade: text().$type<ServerSummary["grade"]>(),
  score: integer().notNull(),
  changedAt: integer("changed_at").notNull(),
  publisher: text().notNull(),
});

/** How often listings have changed: one row. */
export const marketplaceVersion = sqliteTable("marketplace_version", {
  id: integer().primaryKey(),
  version: integer().notNull(),
});

/** The full-text index; `rowid` is the listing's id. It has no texts, only the words of them. */
export const marketplaceSearch = sqliteTable("marketplace_search", {
  rowid: integer().primaryKey(),
  name: text(),
  title: text(),
  publisher: text(),
  packages: text(),
  tags: text(),
  description: text(),
});

/** Installs of servers by day and client. */
export const marketplaceInstalls = sqliteTable("marketplace_installs", {
  day: integer().notNull(),
  name: text().notNull(),
  client: text().$type<ClientId>().notNull(),
  count: integer().notNull(),
});

/** Visits of a day that are counted. */
export const marketplaceInstallVisits = sqliteTable("marketplace_install_visits", {
  day: integer().notNull(),
  digest: text().notNull(),
});

/** Salts of days, and the number of visits that are counted. */
export const marketplaceInstallDays = sqliteTable("marketplace_install_days", {
  day: integer().primaryKey(),
  salt: text().notNull(),
  visits: integer().notNull(),
});
