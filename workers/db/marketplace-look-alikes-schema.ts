import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Servers that resemble a well-known one. */
export const marketplaceLookAlikes = sqliteTable("marketplace_look_alikes", {
  number: integer().primaryKey(),
  resembles: text().notNull(),
  part: text().$type<"package" | "publisher" | "name">().notNull(),
});

/**
 * How far the comparison of all servers is, which begins each night and after a sweep: one row. `cursor`: the id of
 * the last listing that was compared; null: the comparison begins with the first one.
 */
export const marketplaceComparison = sqliteTable("marketplace_comparison", {
  id: integer().primaryKey(),
  day: integer().notNull(),
  cursor: integer(),
});
