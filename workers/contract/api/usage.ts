import { z } from "zod";

/** A dimension by which usage is grouped. The name of a tool is `server_slug:tool_name`. */
export const UsageDimension = z.enum(["all", "server", "tool", "member"]);
export type UsageDimension = z.infer<typeof UsageDimension>;

/** Upper bounds of the latency histogram's buckets in ms, inclusive. One more bucket counts longer latencies. */
export const LATENCY_BOUNDS_MS = [
  5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 120_000,
] as const;

/** Figures of calls with a known outcome. Calls with status `unknown` are only in the audit log. */
export const UsageFigures = z.object({
  calls: z.int(),
  /** Calls with status `error`. */
  errors: z.int(),
  /** Calls with status `blocked` or `rate_limited`. */
  refused: z.int(),
  /** Median latency of calls that reached a server, interpolated within a histogram bucket. Null: no such calls. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
});
export type UsageFigures = z.infer<typeof UsageFigures>;

/** Figures of one step. */
export const UsagePoint = UsageFigures.extend({
  /** Start of the step, epoch ms. */
  at: z.int(),
});
export type UsagePoint = z.infer<typeof UsagePoint>;

const UsageSeries = z.object({
  /** A server's slug, `server_slug:tool_name`, a member's id, or "" for calls without one and for `all`. */
  name: z.string(),
  /** The member's or server's name; of any other series, and if no name is kept, `name`. */
  label: z.string(),
  /** Whether the member was removed from the workspace. */
  isRemoved: z.boolean(),
  total: UsageFigures,
  /** Steps without calls are left out. */
  points: z.array(UsagePoint),
});

/** Usage over time, in steps of whole hours or days (UTC). */
export const Usage = z
  .object({
    /** Epoch ms, rounded down to a whole step; `to` is rounded up. */
    from: z.int(),
    to: z.int(),
    stepMs: z.int(),
    total: UsageFigures,
    /** The names with the most calls first, at most `limit`. */
    series: z.array(UsageSeries),
    /** Number of all names with calls in this time. */
    names: z.int(),
  })
  .meta({ id: "Usage" });
export type Usage = z.infer<typeof Usage>;
