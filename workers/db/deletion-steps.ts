import { sql, type SQL } from "drizzle-orm";
import type { Db } from "./database.ts";

/** Rows deleted by one statement: others of the database wait for it. */
export const DELETE_ROWS = 2_000;
/** Time for others between two statements. */
const PAUSE_MS = 20;

/** The statements that one run of the clean-up can still execute: D1 allows 1,000 queries in one invocation. */
export class DeletionSteps {
  #left: number;

  constructor(count: number) {
    this.#left = count;
  }

  /** Whether none is left. The rest waits for the next run. */
  get areSpent(): boolean {
    return this.#left === 0;
  }

  /** Takes one after a pause; false: none is left. */
  async take(): Promise<boolean> {
    if (this.#left === 0) return false;
    this.#left--;
    await scheduler.wait(PAUSE_MS);
    return true;
  }
}

/** Deletes the rows of a table that match, in steps by its key, and returns their number. */
export async function deleteInSteps(
  db: Db,
  steps: DeletionSteps,
  { table, key, where }: { table: string; key: string; where: SQL },
): Promise<number> {
  const [from, columns] = [sql.raw(table), sql.raw(key)];
  let deleted = 0;
  while (await steps.take()) {
    const result = await db.run(
      sql`DELETE FROM ${from} WHERE (${columns}) IN (SELECT ${columns} FROM ${from} WHERE ${where} LIMIT ${DELETE_ROWS})`,
    );
    deleted += result.meta.changes;
    if (result.meta.changes < DELETE_ROWS) break;
  }
  return deleted;
}
