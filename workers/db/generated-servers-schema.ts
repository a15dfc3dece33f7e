import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Servers that a person has had generated, by day (UTC, days since 1970). */
export const generatedServers = sqliteTable(
  "generated_servers",
  {
    userId: text("user_id").notNull(),
    day: integer().notNull(),
    count: integer().notNull(),
  },
  ({ userId, day }) => [primaryKey({ columns: [userId, day] })],
);
