import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Shared compositions (`d1-migrations/0041_workshop_shares.sql`, which also defines keys and indexes). */
export const workshopShares = sqliteTable("workshop_shares", {
  id: text().primaryKey(),
  userId: text("user_id").notNull(),
  composition: text().notNull(),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
});
