import type { Db } from "../db/database.ts";
import { readScores, storeScores, type ScoreRow } from "../db/marketplace-scores.ts";
import { readRecordsOfServers, type MarketplaceRow } from "../db/marketplace.ts";
import { outdateCatalogue } from "./catalogue.ts";
import type { Score, ScoreInputs } from "./score.ts";
import { toServerRow, toStatedServers } from "./server-row.ts";
import { readEvidence } from "./signals/evidence.ts";

/** A score's reasons as they are stored. Releases before have stored them without inputs. */
type StoredDetail = Omit<Score, "score" | "grade"> & { inputs?: ScoreInputs };

/**
 * Computes the scores of servers with what is known now (epoch ms), and stores those that have changed. Returns their number.
 */
export async function rescoreServers(db: Db, numbers: number[], now: number): Promise<number> {
  if (numbers.length === 0) return 0;
  const [stored, records] = await Promise.all([
    readScores(db, numbers),
    readRecordsOfServers(db, numbers),
  ]);
  const servers = toStatedServers(records);
  const evidenceOf = await readEvidence(db, servers, now);
  const changed = servers.flatMap((server) => {
    const before = stored.get(server.number);
    const row = toServerRow(server, evidenceOf(server), now);
    return before && hasChanged(before, row)
      ? [{ ...toScoreRow(row), readAt: before.scoredAt }]
      : [];
  });
  await storeScores(db, changed, servers);
  if (changed.length > 0) outdateCatalogue();
  return changed.length;
}

function toScoreRow({
  number,
  score,
  grade,
  scoreDetail,
  scoredAt,
  facets,
}: MarketplaceRow): ScoreRow {
  return { number, score, grade, scoreDetail, scoredAt, facets };
}

/**
 * Whether a reader would see a difference. Points decay a little each day: a score that is the same as a whole number, with
 * the same reasons, is not written again.
 */
function hasChanged(before: ScoreRow, after: MarketplaceRow): boolean {
  return (
    before.score !== after.score ||
    before.grade !== after.grade ||
    before.facets !== after.facets ||
    toReasons(before.scoreDetail) !== toReasons(after.scoreDetail)
  );
}

/** What a score shows, in whole points. */
function toReasons(text: string): string {
  // A cast: only scores are stored.
  const { version, bars, caps, inputs } = JSON.parse(text) as StoredDetail;
  const items = bars.flatMap((bar) =>
    bar.items.map(({ item, points, max }) => [
      item,
      points === null ? null : Math.round(points),
      max,
    ]),
  );
  return JSON.stringify([version, items, caps, inputs === undefined]);
}
