import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { JobName, SignalService } from "../contract/api/marketplace-signals.ts";

// The tables of `d1-migrations/0026_marketplace_signals.sql`, which also defines keys and indexes.

/** Figures of repositories and packages. */
export const marketplaceSignals = sqliteTable("marketplace_signals", {
  service: text().$type<SignalService>().notNull(),
  subject: text().notNull(),
  nextCheckAt: integer("next_check_at").notNull(),
  checkedAt: integer("checked_at"),
  isGone: integer("is_gone", { mode: "boolean" }).notNull(),
  detail: text(),
});

/** Which repositories and packages a server has. */
export const marketplaceSubjects = sqliteTable("marketplace_subjects", {
  service: text().$type<SignalService>().notNull(),
  subject: text().notNull(),
  number: integer().notNull(),
});

/** Work that is done in steps. */
export const marketplaceJobs = sqliteTable("marketplace_jobs", {
  name: text().$type<JobName>().primaryKey(),
  step: integer().notNull(),
  nextStepAt: integer("next_step_at").notNull(),
  cursor: integer().notNull(),
  attempt: integer().notNull(),
  problem: text(),
});
