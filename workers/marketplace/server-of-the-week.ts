import { toMonday } from "../contract/marketplace/iso-week.ts";
import type { Db } from "../db/database.ts";
import { readInstallCounts } from "../db/marketplace-installs.ts";
import { findWeek, listCandidates, saveChoice, type WeekRow } from "../db/marketplace-weeks.ts";
import { toDay } from "./installs.ts";
import { MIN_INSTALLS, rankGrowth } from "./trending.ts";

/** A server is not chosen again for this long. */
const PAUSE_WEEKS = 26;

/**
 * Returns the server of the week of `now` (epoch ms): what is stored, which can be the operator's pick, else the choice of the
 * rule, which is stored. Undefined: no server fits the rule.
 */
export async function decideServerOfTheWeek(db: Db, now: number): Promise<WeekRow | undefined> {
  const week = toMonday(toDay(now));
  const known = await findWeek(db, week);
  if (known) return known;
  const choice = await choose(db, week, now);
  if (!choice) return undefined;
  await saveChoice(db, { week, ...choice, isPick: false, decidedAt: now });
  return findWeek(db, week);
}

/** The rule: grade A or B, not chosen for 26 weeks, the highest growth; if none grows, the highest score. */
async function choose(
  db: Db,
  week: number,
  now: number,
): Promise<{ name: string; reason: string } | null> {
  const since = week - PAUSE_WEEKS * 7;
  const trends = rankGrowth(await readInstallCounts(db, toDay(now), MIN_INSTALLS));
  const growing = await listCandidates(
    db,
    since,
    trends.map(({ name }) => name),
  );
  const graded = new Map(growing.map((candidate) => [candidate.name, candidate]));
  const trend = trends.find(({ name }) => graded.has(name));
  if (trend) {
    const grade = graded.get(trend.name)?.grade ?? "";
    const reason = `Grade ${grade}, and installed ${trend.growth.toFixed(1)} times as often in the last 7 days as in an average week before.`;
    return { name: trend.name, reason };
  }
  const [best] = await listCandidates(db, since, null);
  if (!best) return null;
  const reason = `Grade ${best.grade}: its score of ${best.score} is the highest of all servers that were not shown here in the last ${PAUSE_WEEKS} weeks.`;
  return { name: best.name, reason };
}
