/** Fewer installs in a week say nothing. */
export const MIN_INSTALLS = 20;
/** Added to both weeks that are compared, so that a server without a past is not infinitely many times as popular. */
const SMOOTHING = 20;
/** More is a burst of attention, or of a program: it does not put a server further ahead. */
const MAX_GROWTH = 5;
const WEEKS_BEFORE = 4;
const MAX_SERVERS = 12;

/** How often a server was installed. */
export interface InstallCounts {
  name: string;
  /** In the last 7 days. */
  week: number;
  /** In the four weeks before them. */
  before: number;
}

/** A server that is installed more often than before. */
export interface Trend {
  name: string;
  installs: number;
  growth: number;
}

/** Returns the servers whose installs have grown most, at most 12. */
export function rankTrending(counts: InstallCounts[]): Trend[] {
  return rankGrowth(counts).slice(0, MAX_SERVERS);
}

/**
 * Returns the servers whose installs have grown against the mean of the four weeks before, those that have grown most first.
 * Of two that have grown as much, the one with more installs is first.
 */
export function rankGrowth(counts: InstallCounts[]): Trend[] {
  return counts
    .filter(({ week }) => week >= MIN_INSTALLS)
    .map(({ name, week, before }) => ({
      name,
      installs: week,
      growth: Math.min(MAX_GROWTH, (week + SMOOTHING) / (before / WEEKS_BEFORE + SMOOTHING)),
    }))
    .filter(({ growth }) => growth > 1)
    .toSorted(
      (a, b) => b.growth - a.growth || b.installs - a.installs || (a.name < b.name ? -1 : 1),
    );
}
