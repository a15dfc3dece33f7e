import { asc, gt, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import {
  marketplaceListings,
  marketplaceServers,
  marketplaceVersion,
} from "./marketplace-schema.ts";
import { saveSubjects, type ServerSubjects } from "./marketplace-signals.ts";
import { toList } from "./marketplace.ts";

/** The score of a server as it is stored; `scoreDetail` and `facets` as JSON. */
export interface ScoreRow {
  number: number;
  score: number;
  grade: string | null;
  scoreDetail: string;
  scoredAt: number;
  facets: string;
}

/** Returns the numbers of servers after one, in their order. */
export async function listServerNumbers(db: Db, after: number, limit: number): Promise<number[]> {
  const { number } = marketplaceServers;
  const rows = await db
    .select({ number })
    .from(marketplaceServers)
    .where(gt(number, after))
    .orderBy(asc(number))
    .limit(limit);
  return rows.map((row) => row.number);
}

/** Returns the scores of servers. */
export async function readScores(db: Db, numbers: number[]): Promise<Map<number, ScoreRow>> {
  const rows = await db.all<ScoreRow>(
    sql`SELECT s.number AS number, s.score AS score, s.grade AS grade, s.score_detail AS scoreDetail,
        s.scored_at AS scoredAt, l.facets AS facets
      FROM marketplace_servers AS s JOIN marketplace_listings AS l USING (number)
      WHERE s.number IN ${toList(numbers)}`,
  );
  return new Map(rows.map((row) => [row.number, row]));
}

/**
 * Stores scores and facets that have changed, and the subjects of servers. A server that was stored since its score was read
 * (`readAt`: its `scoredAt` then) keeps the newer score.
 */
export async function storeScores(
  db: Db,
  changed: (ScoreRow & { readAt: number })[],
  subjects: ServerSubjects[],
): Promise<void> {
  const given = sql`json_each(${JSON.stringify(changed)}) AS given`;
  const valueOf = (name: keyof ScoreRow | "readAt") => sql`given.value ->> ${sql.raw(`'${name}'`)}`;
  const { number, scoredAt } = marketplaceServers;
  const listings = marketplaceListings;
  await db.batch([
    ...saveSubjects(db, { servers: subjects, ended: [], changedAt: null }),
    ...(changed.length === 0
      ? []
      : [
          db
            .update(listings)
            .set({ facets: valueOf("facets") })
            .from(given)
            .where(
              sql`${listings.number} = ${valueOf("number")} AND ${listings.facets} <> ${valueOf("facets")}
                AND EXISTS (SELECT 1 FROM marketplace_servers AS s
                  WHERE s.number = ${listings.number} AND s.scored_at = ${valueOf("readAt")})`,
            ),
          // A trigger copies score and grade to the listing.
          db
            .update(marketplaceServers)
            .set({
              score: valueOf("score"),
              grade: valueOf("grade"),
              scoreDetail: valueOf("scoreDetail"),
              scoredAt: valueOf("scoredAt"),
            })
            .from(given)
            .where(sql`${number} = ${valueOf("number")} AND ${scoredAt} = ${valueOf("readAt")}`),
          db.update(marketplaceVersion).set({ version: sql`version + 1` }),
        ]),
  ]);
}
