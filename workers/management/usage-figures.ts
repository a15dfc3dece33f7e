import type { Context } from "hono";
import {
  LATENCY_BOUNDS_MS,
  type Usage,
  type UsageDimension,
  type UsageFigures,
} from "../contract/api/usage.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../contract/units.ts";
import { toServerReference, type Names } from "../db/names.ts";
import { listBusiestNames, listUsage, type CallSums } from "../db/usage-figures.ts";
import type { UsageRange } from "../db/usage-range.ts";
import type { ManagementEnv } from "./authorize.ts";

const STEPS = {
  /** Minutes are counted from the calls themselves. */
  minute: { stepMs: MINUTE_MS, max: 180, byDefault: 60 },
  /** A chart cannot show more than eight days by the hour. */
  hour: { stepMs: HOUR_MS, max: 8 * 24, byDefault: 24 },
  /** Rows are kept for 90 days; a range can start and end within a day. */
  day: { stepMs: DAY_MS, max: 92, byDefault: 1 },
} as const;

/** Length of a step. */
export type StepName = keyof typeof STEPS;

/**
 * Returns the whole steps that overlap a time range. Null: none, or too many. The default for `to` is now, for `from` a
 * day before `to`, or an hour by the minute.
 */
export function toUsageRange(
  time: { from?: number | undefined; to?: number | undefined; step: StepName },
  now: number,
): UsageRange | null {
  const { stepMs, max, byDefault } = STEPS[time.step];
  const end = time.to ?? now + 1;
  const from = Math.floor((time.from ?? end - byDefault * stepMs) / stepMs);
  const to = Math.ceil(end / stepMs);
  return to > from && to - from <= max ? { stepMs, from, to } : null;
}

/** Returns the usage in a range: of `name`, or of the names with the most calls. */
export async function readUsage(
  c: Context<ManagementEnv>,
  names: Names,
  range: UsageRange,
  { by, name, limit }: { by: UsageDimension; name?: string | undefined; limit: number },
): Promise<Usage> {
  const { db } = c.var;
  const workspaceId = c.var.workspace.id;
  const busiest =
    name === undefined
      ? await listBusiestNames(db, workspaceId, by, range, limit)
      : { names: [name], count: 1 };
  const rows = await listUsage(db, workspaceId, by, range, busiest.names);
  const totalRows =
    name === undefined && by !== "all"
      ? await listUsage(db, workspaceId, "all", range, [""])
      : rows;
  const toReference = by === "server" ? toServerReference : (series: string) => series;
  if (by === "member" || by === "server") await names.load(busiest.names.map(toReference));
  const { stepMs } = range;
  const byName = Map.groupBy(rows, (row) => row.name);
  return {
    from: range.from * stepMs,
    to: range.to * stepMs,
    stepMs,
    total: toFigures(totalRows),
    series: busiest.names.map((seriesName) => {
      const seriesRows = byName.get(seriesName) ?? [];
      const points = seriesRows.map((row) => ({ at: row.step * stepMs, ...toFigures([row]) }));
      const found = names.find(toReference(seriesName));
      return {
        name: seriesName,
        label: found?.name ?? seriesName,
        isRemoved: by === "member" && seriesName !== "" && (found?.isGone ?? true),
        total: toFigures(seriesRows),
        points,
      };
    }),
    names: busiest.count,
  };
}

/** Adds up sums of calls. */
export function toFigures(rows: CallSums[]): UsageFigures {
  const sum = (read: (row: CallSums) => number) =>
    rows.reduce((total, row) => total + read(row), 0);
  const buckets = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, (_, i) =>
    sum((row) => row.buckets[i] ?? 0),
  );
  const [calls, refused] = [sum((row) => row.calls), sum((row) => row.refused)];
  // Every call with status `ok` or `error` has a latency, so that it is in a bucket, and no other call is.
  const ended = buckets.reduce((total, bucket) => total + bucket, 0);
  return {
    calls,
    errors: sum((row) => row.errors),
    refused,
    cancelled: calls - refused - ended,
    p50Ms: estimateQuantile(buckets, 0.5),
    p95Ms: estimateQuantile(buckets, 0.95),
  };
}

/**
 * Estimates a quantile of latencies in ms, as if the calls of a bucket were distributed evenly. Latencies above the
 * last bound count as the last bound. Null: no calls.
 */
function estimateQuantile(buckets: number[], share: number): number | null {
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
