import { openDb, type Db } from "../../../workers/db/database.ts";
import { bindings } from "./gateway-client.ts";

/** Runs `work` and returns the query plan of each statement that it prepares, line by line. */
export async function explainQueries(work: (db: Db) => Promise<unknown>): Promise<string[][]> {
  const statements: string[] = [];
  const recording = new Proxy(bindings.DB, {
    get: (target, name) => (text: string) => {
      statements.push(text);
      return (Reflect.get(target, name) as D1Database["prepare"]).call(target, text);
    },
  });
  await work(openDb(recording));
  return Promise.all(
    statements.map(async (statement) => {
      const values = statement.match(/\?/g)?.map(() => null) ?? [];
      const { results } = await bindings.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`)
        .bind(...values)
        .all<{ detail: string }>();
      return results.map(({ detail }) => detail);
    }),
  );
}
