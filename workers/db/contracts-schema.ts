import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

// The tables of `d1-migrations/0043_contracts.sql` and `0047_skill_texts.sql`, which also define keys.

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

/** The texts of files of approved skills, by the SHA-256 of the file. */
export const skillTexts = sqliteTable("skill_texts", {
  workspaceId: text("workspace_id").notNull(),
  digest: text().notNull(),
  text: text().notNull(),
});
