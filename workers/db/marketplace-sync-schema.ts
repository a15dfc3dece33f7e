import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { MarketplaceRun, MarketplaceSource } from "../contract/api/marketplace-sync.ts";

// The tables of the marketplace's sync in `d1-migrations/`, which also defines keys and indexes.

/** Where the marketplace's servers are from. */
export const marketplaceSources = sqliteTable("marketplace_sources", {
  name: text().primaryKey(),
  kind: text().$type<MarketplaceSource["kind"]>().notNull(),
  url: text(),
  isEnabled: integer("is_enabled", { mode: "boolean" }).notNull(),
  nextRunAt: integer("next_run_at").notNull(),
  nextSweepAt: integer("next_sweep_at").notNull(),
  syncedAt: integer("synced_at"),
});

/** Syncs of a source, with their results. */
export const marketplaceRuns = sqliteTable("marketplace_runs", {
  number: integer().primaryKey({ autoIncrement: true }),
  source: text().notNull(),
  kind: text().$type<MarketplaceRun["kind"]>().notNull(),
  state: text().$type<MarketplaceRun["state"]>().notNull(),
  phase: text().$type<"pages" | "end">().notNull(),
  step: integer().notNull(),
  cursor: text().notNull(),
  since: integer(),
  acceptsLoss: integer("accepts_loss", { mode: "boolean" }).notNull(),
  startedAt: integer("started_at").notNull(),
  leaseUntil: integer("lease_until").notNull(),
  endedAt: integer("ended_at"),
  pages: integer().notNull(),
  changed: integer().notNull(),
  unchanged: integer().notNull(),
  deleted: integer().notNull(),
  rejected: integer().notNull(),
  attempt: integer().notNull(),
  problem: text(),
});

/** The pages that a run has stored, until it ends. */
export const marketplaceRunPages = sqliteTable("marketplace_run_pages", {
  run: integer().notNull(),
  cursor: text().notNull(),
  names: text().notNull(),
});

/** Entries that a run has left out. */
export const marketplaceRejections = sqliteTable("marketplace_rejections", {
  run: integer().notNull(),
  page: integer().notNull(),
  position: integer().notNull(),
  name: text(),
  reason: text().notNull(),
});
