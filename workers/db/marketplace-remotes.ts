import { sql, type SQL } from "drizzle-orm";
import type { Db } from "./database.ts";
import {
  marketplaceDrift,
  marketplaceRemotes,
  marketplaceTools,
} from "./marketplace-probes-schema.ts";

/** Addresses of one server that are probed: an entry with hundreds would send the probes of a day to one host. */
const MAX_REMOTES = 3;

/**
 * The statements that plan the probes of servers' addresses, after the servers have changed: those of an active entry whose
 * URL has no variables. What is known of an address that the server still has is kept. `numbers`: a list of servers as SQL;
 * they can be gone.
 */
export function planRemotes(db: Db, numbers: SQL) {
  const isGone = (table: SQL) => sql`number IN ${numbers} AND NOT EXISTS (
    SELECT 1 FROM marketplace_servers AS s, json_each(s.document, '$.remotes') AS r
    WHERE s.number = ${table}.number AND s.status = 'active' AND r.key < ${MAX_REMOTES}
      AND r.value ->> 'url' = ${table}.url)`;
  return [
    db.delete(marketplaceRemotes).where(isGone(sql`marketplace_remotes`)),
    db.delete(marketplaceTools).where(isGone(sql`marketplace_tools`)),
    db
      .delete(marketplaceDrift)
      .where(sql`number IN ${numbers} AND number NOT IN (SELECT number FROM marketplace_servers)`),
    db
      .insert(marketplaceRemotes)
      .select(
        sql`SELECT number, url, lower(substr(rest, 1, instr(rest || '/', '/') - 1)), 0,
            NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL
          FROM (SELECT s.number AS number, r.value ->> 'url' AS url,
              substr(r.value ->> 'url', instr(r.value ->> 'url', '://') + 3) AS rest
            FROM marketplace_servers AS s, json_each(s.document, '$.remotes') AS r
            WHERE s.number IN ${numbers} AND s.status = 'active' AND r.key < ${MAX_REMOTES}
              AND instr(r.value ->> 'url', '{') = 0)
          WHERE true`,
      )
      .onConflictDoNothing(),
  ];
}
