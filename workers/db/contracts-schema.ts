import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

// The tables of `d1-migrations/0043_contracts.sql`, which also defines keys.

/** Contracts of servers, without the texts of their definitions. */
export const contracts = sqliteTable("contracts", {
  workspaceId: text("workspace_id").notNull(),
  digest: text().notNull(),
  part: integer().notNull(),
  manifest: text().notNull(),
});

/** The texts of definitions, by the SHA-256 of the text. */
export const contractTexts = sqliteTable("contract_texts", {
  workspaceId: text("workspace_id").notNull(),
  digest: text().notNull(),
  part: integer().notNull(),
  text: text().notNull(),
});
