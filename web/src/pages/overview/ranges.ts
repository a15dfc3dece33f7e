import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../../workers/contract/units.ts";
import type { UsageRange } from "../../api/usage.ts";

/** The time ranges of the overview. */
export const RANGES = [
  { value: "1h", label: "Last hour", before: "the hour before" },
  { value: "24h", label: "Last 24 hours", before: "the 24 hours before" },
  { value: "7d", label: "Last 7 days", before: "the 7 days before" },
  { value: "30d", label: "Last 30 days", before: "the 30 days before" },
] as const;

/** A time range of the overview. */
export type RangeName = (typeof RANGES)[number]["value"];

const STEPS = {
  "1h": { step: "minute", stepMs: MINUTE_MS, count: 60 },
  "24h": { step: "hour", stepMs: HOUR_MS, count: 24 },
  "7d": { step: "hour", stepMs: HOUR_MS, count: 7 * 24 },
  "30d": { step: "day", stepMs: DAY_MS, count: 30 },
} as const;

/** The range in whole steps, with the present one as its last. */
export function toUsageRange(name: RangeName, now: number): UsageRange {
  const { step, stepMs, count } = STEPS[name];
  const to = (Math.floor(now / stepMs) + 1) * stepMs;
  return { from: to - count * stepMs, to, step };
}

/** The range of the same length before a range. */
export function toRangeBefore({ from, to, step }: UsageRange): UsageRange {
  return { from: 2 * from - to, to: from, step };
}
