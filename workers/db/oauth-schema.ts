import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The records of the OAuth authorization server, by its keys. */
export const oauthRecords = sqliteTable("oauth_records", {
  key: text().primaryKey(),
  value: text().notNull(),
  metadata: text({ mode: "json" }).$type<Record<string, unknown>>(),
  /** The client of a grant. */
  clientId: text("client_id"),
  /** Changes with each write. */
  version: text().notNull(),
  createdAt: integer("created_at").notNull(),
  /** Epoch ms; null: it does not expire. */
  expiresAt: integer("expires_at"),
});
