import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** READMEs of repositories. */
export const marketplaceReadmes = sqliteTable("marketplace_readmes", {
  repository: text().primaryKey(),
  nextFetchAt: integer("next_fetch_at").notNull(),
  leaseUntil: integer("lease_until").notNull(),
  fetchedAt: integer("fetched_at"),
  bytes: integer().notNull(),
  chars: integer(),
  isCut: integer("is_cut", { mode: "boolean" }).notNull(),
  problem: text(),
  sourceUrl: text("source_url"),
  text: text(),
});
