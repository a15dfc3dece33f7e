import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ReportKind, ReportStatus } from "../contract/api/marketplace-reports.ts";

// The tables of `d1-migrations/0029_marketplace_curation.sql`, which also defines keys and indexes. Who has decided: a user’s
// id, or `operator`.

/** Servers that the operator hides. */
export const marketplaceHidden = sqliteTable("marketplace_hidden", {
  name: text().primaryKey(),
  reason: text().notNull(),
  hiddenAt: integer("hidden_at").notNull(),
  hiddenBy: text("hidden_by").notNull(),
});

/** Collections and starter packs. */
export const marketplaceCollections = sqliteTable("marketplace_collections", {
  slug: text().primaryKey(),
  title: text().notNull(),
  description: text().notNull(),
  isPack: integer("is_pack", { mode: "boolean" }).notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** Servers of collections. */
export const marketplaceCollectionServers = sqliteTable("marketplace_collection_servers", {
  slug: text().notNull(),
  position: integer().notNull(),
  name: text().notNull(),
  note: text().notNull(),
});

/** The server of each week. */
export const marketplaceWeeks = sqliteTable("marketplace_weeks", {
  week: integer().primaryKey(),
  name: text().notNull(),
  reason: text().notNull(),
  isPick: integer("is_pick", { mode: "boolean" }).notNull(),
  decidedAt: integer("decided_at").notNull(),
});

/** Reports of wrong data. */
export const marketplaceReports = sqliteTable("marketplace_reports", {
  id: text().primaryKey(),
  name: text().notNull(),
  kind: text().$type<ReportKind>().notNull(),
  text: text().notNull(),
  status: text().$type<ReportStatus>().notNull(),
  createdAt: integer("created_at").notNull(),
  closedAt: integer("closed_at"),
  note: text(),
  closedBy: text("closed_by"),
});

/** Claims of namespaces (`d1-migrations/0038_curators_and_claims.sql`). */
export const marketplaceClaims = sqliteTable("marketplace_claims", {
  namespace: text().notNull(),
  userId: text("user_id").notNull(),
  proof: text().notNull(),
  createdAt: integer("created_at").notNull(),
  claimedAt: integer("claimed_at"),
  checkedAt: integer("checked_at"),
  missing: integer().notNull(),
  unreachableSince: integer("unreachable_since"),
  withdrawnAt: integer("withdrawn_at"),
  nextCheckAt: integer("next_check_at"),
});
