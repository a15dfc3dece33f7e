import { sql } from "drizzle-orm";
import type { SignalService } from "../contract/api/marketplace-signals.ts";
import type { Db } from "./database.ts";
import { toList } from "./marketplace.ts";

/** Returns the repositories' URLs of a source's records with these names. */
export async function readRepositoryUrls(
  db: Db,
  source: string,
  names: string[],
): Promise<Map<string, string>> {
  const rows = await db.all<{ name: string; url: string }>(
    sql`SELECT name, entry ->> '$.document.repository.url' AS url FROM marketplace_records
      WHERE source = ${source} AND name IN ${toList(names)} AND url IS NOT NULL`,
  );
  return new Map(rows.map(({ name, url }) => [name, url]));
}

/** Returns the names of other sources' records whose servers are in these repositories (`owner/name`, lower case). */
export async function listNamesInRepositories(db: Db, source: string, repositories: string[]) {
  return db.all<{ repository: string; name: string }>(
    sql`SELECT s.subject AS repository, r.name AS name FROM marketplace_subjects AS s
      JOIN marketplace_records AS r ON r.number = s.number
      WHERE s.service = ${"github" satisfies SignalService} AND s.subject IN ${toList(repositories)}
        AND r.source <> ${source}`,
  );
}
