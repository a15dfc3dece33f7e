import { sql } from "drizzle-orm";
import type { Db } from "./database.ts";

/** The `kid` of the master key in a wrapped key `v1|kid|iv|ciphertext`. */
export const kidOfWrappedKey = sql`substr(wrapped_key, 4, instr(substr(wrapped_key, 4), '|') - 1)`;

/** Returns the number of workspaces by the `kid` of the master key that their data key is wrapped with. */
export async function countWorkspacesByKid(db: Db): Promise<Map<string, number>> {
  const rows = await db.all<{ kid: string; workspaces: number }>(
    sql`SELECT ${kidOfWrappedKey} AS kid, count(*) AS workspaces FROM workspaces
      WHERE deleted_at IS NULL GROUP BY 1`,
  );
  return new Map(rows.map(({ kid, workspaces }) => [kid, workspaces]));
}
