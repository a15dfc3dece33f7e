import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { FoundEntry, SealedSecret } from "../contract/records/followed-registry.ts";

// Registries that workspaces follow (`d1-migrations/0030_followed_registries.sql`).

/** A registry that a workspace follows, with its present run. */
export const followedRegistries = sqliteTable("followed_registries", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  url: text().notNull(),
  pattern: text().notNull(),
  host: text().notNull(),
  secrets: text({ mode: "json" }).$type<SealedSecret[]>().notNull(),
  addsEntries: integer("adds_entries", { mode: "boolean" }).notNull(),
  appliesChanges: integer("applies_changes", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  approvedAt: integer("approved_at"),
  approvedBy: text("approved_by"),
  run: integer().notNull(),
  step: integer().notNull(),
  phase: text().$type<"idle" | "pages" | "apply">().notNull(),
  cursor: text().notNull(),
  pages: integer().notNull(),
  leaseUntil: integer("lease_until").notNull(),
  attempt: integer().notNull(),
  problem: text(),
  checkedAt: integer("checked_at"),
  nextRunAt: integer("next_run_at").notNull(),
});

/** Entries of followed registries. */
export const followedEntries = sqliteTable(
  "followed_entries",
  {
    followId: text("follow_id").notNull(),
    name: text().notNull(),
    found: text({ mode: "json" }).$type<FoundEntry>(),
    applied: text({ mode: "json" }).$type<FoundEntry>(),
    target: text(),
    approved: text(),
    leftOut: text("left_out"),
    seenRun: integer("seen_run").notNull(),
    triedRun: integer("tried_run").notNull(),
    problem: text(),
  },
  (table) => [primaryKey({ columns: [table.followId, table.name] })],
);
