import { z } from "zod";

/** What usage can be told apart by. A tool is named `server_slug:tool_name`. */
export const UsageDimension = z.enum(["all", "server", "tool", "member"]);
export type UsageDimension = z.infer<typeof UsageDimension>;

/** Upper bounds of the latency histogram's buckets in ms, inclusive; one more bucket holds what took longer. */
export const LATENCY_BOUNDS_MS = [
  5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 120_000,
] as const;

/** Calls whose outcome is known; those with the status `unknown` are in the audit log only. */
export const UsageFigures = z.object({
  calls: z.int(),
  /** Of these, with the status `error`. */
  errors: z.int(),
  /** Of these, `blocked` or `rate_limited`. */
  refused: z.int(),
  /** Of calls that a server was asked for; interpolated within a histogram's bucket. Null: there were none. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
});
export type UsageFigures = z.infer<typeof UsageFigures>;

export const UsagePoint = UsageFigures.extend({
  /** The step's beginning, epoch ms. */
  at: z.int(),
});
export type UsagePoint = z.infer<typeof UsagePoint>;

const UsageSeries = z.object({
  /** A server's slug, `server_slug:tool_name`, a member's id, or "" for calls without one and for `all`. */
  name: z.string(),
  total: UsageFigures,
  /** Steps without calls are left out. */
  points: z.array(UsagePoint),
});

/** Usage over time, by whole hours (UTC). */
export const Usage = z
  .object({
    /** Rounded down and up to whole steps. */
    from: z.int(),
    to: z.int(),
    stepMs: z.int(),
    total: UsageFigures,
    /** The most called first, at most `limit`. */
    series: z.array(UsageSeries),
    /** How many have calls in this time, shown or not. */
    names: z.int(),
  })
  .meta({ id: "Usage" });
export type Usage = z.infer<typeof Usage>;
