import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { VersionState } from "../contract/marketplace/version-changes.ts";

/** What installations of servers needed before they changed, as in `d1-migrations/`. */
export const marketplaceVersions = sqliteTable("marketplace_versions", {
  id: integer().primaryKey(),
  number: integer().notNull(),
  version: text(),
  source: text(),
  publishedAt: integer("published_at"),
  replacedAt: integer("replaced_at").notNull(),
  state: text({ mode: "json" }).$type<VersionState>(),
});
