import {
  LATENCY_BOUNDS_MS,
  type Usage,
  type UsageDimension,
  type UsageFigures,
} from "../contract/api/usage.ts";
import type { Db } from "../db/database.ts";
import { listBusiestNames, listUsage, type UsageRange, type UsageRow } from "../db/usage.ts";

const HOUR_MS = 60 * 60 * 1000;
const DEFAULT_MS = 24 * HOUR_MS;
const STEPS = {
  /** More than eight days by the hour is more than a chart can show. */
  hour: { hours: 1, max: 8 * 24 },
  /** Rows are kept for 90 days; a range may begin and end within a day. */
  day: { hours: 24, max: 92 },
} as const;

/** The whole steps that a time touches; null: there are none, or too many. Without an end it ends now, without a beginning it is a day long. */
export function toRange(
  time: { from?: number | undefined; to?: number | undefined; step: "hour" | "day" },
  now: number,
): UsageRange | null {
  const { hours, max } = STEPS[time.step];
  const end = time.to ?? now + 1;
  const from = Math.floor((time.from ?? end - DEFAULT_MS) / (hours * HOUR_MS));
  const to = Math.ceil(end / (hours * HOUR_MS));
  return to > from && to - from <= max ? { hours, from, to } : null;
}

/** Usage in a range: of one name, or of the busiest ones. */
export async function readUsage(
  db: Db,
  workspaceId: string,
  range: UsageRange,
  { by, name, limit }: { by: UsageDimension; name?: string | undefined; limit: number },
): Promise<Usage> {
  const busiest =
    name === undefined
      ? await listBusiestNames(db, workspaceId, by, range, limit)
      : { names: [name], count: 1 };
  const rows = await listUsage(db, workspaceId, by, range, busiest.names);
  const whole =
    name === undefined && by !== "all"
      ? await listUsage(db, workspaceId, "all", range, [""])
      : rows;
  const stepMs = range.hours * HOUR_MS;
  const byName = Map.groupBy(rows, (row) => row.name);
  return {
    from: range.from * stepMs,
    to: range.to * stepMs,
    stepMs,
    total: toFigures(whole),
    series: busiest.names.map((series) => {
      const own = byName.get(series) ?? [];
      const points = own.map((row) => ({ at: row.step * stepMs, ...toFigures([row]) }));
      return { name: series, total: toFigures(own), points };
    }),
    names: busiest.count,
  };
}

function toFigures(rows: UsageRow[]): UsageFigures {
  const sum = (of: (row: UsageRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const buckets = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, (_, i) =>
    sum((row) => row.buckets[i] ?? 0),
  );
  return {
    calls: sum((row) => row.calls),
    errors: sum((row) => row.errors),
    refused: sum((row) => row.refused),
    p50Ms: quantile(buckets, 0.5),
    p95Ms: quantile(buckets, 0.95),
  };
}

/** The latency that a share of the calls did not pass, as if they lay evenly within their bucket; what took longer than the last bound counts as that. */
function quantile(buckets: number[], share: number): number | null {
  const count = buckets.reduce((total, bucket) => total + bucket, 0);
  if (count === 0) return null;
  let rank = share * count;
  for (const [i, inBucket] of buckets.entries()) {
    if (inBucket > 0 && rank <= inBucket) {
      const from = LATENCY_BOUNDS_MS[i - 1] ?? 0;
      const to = LATENCY_BOUNDS_MS[i] ?? from;
      return Math.round((from + ((to - from) * rank) / inBucket) * 10) / 10;
    }
    rank -= inBucket;
  }
  return LATENCY_BOUNDS_MS[LATENCY_BOUNDS_MS.length - 1] ?? null;
}
