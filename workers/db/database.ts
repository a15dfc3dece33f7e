import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

/** The D1 database with drizzle's query builder. */
export type Db = DrizzleD1Database;

/** Wraps the D1 binding; sends no query. */
export function openDb(d1: D1Database): Db {
  return drizzle(d1);
}
