import { sql } from "drizzle-orm";
import type { Db } from "./database.ts";

/** How full the database is: from 60 % on `filling`, from 80 % on `nearly_full`. */
export type DatabaseLevel = "ok" | "filling" | "nearly_full";

/**
 * The size of the database's file in bytes. It never shrinks: SQLite uses the space of deleted rows again, and D1 counts
 * the file.
 */
export async function readDatabaseBytes(db: Db): Promise<number> {
  const { meta } = await db.run(sql`SELECT 1`);
  return meta.size_after;
}

/** The level of a size. */
export function toDatabaseLevel(bytes: number, maxBytes: number): DatabaseLevel {
  if (bytes >= 0.8 * maxBytes) return "nearly_full";
  return bytes >= 0.6 * maxBytes ? "filling" : "ok";
}
