import { sql, type SQL } from "drizzle-orm";
import type { Db } from "./database.ts";

/** Rows deleted by one statement: others of the database wait for it. */
export const DELETE_ROWS = 2_000;
/** Time for others between two steps. */
const PAUSE_MS = 20;

/**
 * The queries that one run of the clean-up can still execute: D1 allows 1,000 in one invocation, and each statement of a
 * batch counts.
 */
export class QueryBudget {
  #left: number;
  #isSpent = false;

  constructor(queries: number) {
    this.#left = queries;
  }

  /** Whether work was left for the next run. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Takes queries for one step, after a pause; false: fewer are left. */
  async take(queries: number): Promise<boolean> {
    if (this.#left < queries) {
      this.#isSpent = true;
      return false;
    }
    this.#left -= queries;
    await scheduler.wait(PAUSE_MS);
    return true;
  }
}

/** Deletes the rows of a table that match, in steps by its key, and returns their number. */
export async function deleteInSteps(
  db: Db,
  budget: QueryBudget,
  { table, key, where }: { table: string; key: string; where: SQL },
): Promise<number> {
  const [from, columns] = [sql.raw(table), sql.raw(key)];
  let deleted = 0;
  while (await budget.take(1)) {
    const result = await db.run(
      sql`DELETE FROM ${from} WHERE (${columns}) IN (SELECT ${columns} FROM ${from} WHERE ${where} LIMIT ${DELETE_ROWS})`,
    );
    deleted += result.meta.changes;
    if (result.meta.changes < DELETE_ROWS) break;
  }
  return deleted;
}
