import { z } from "zod";

/** A dimension by which usage is grouped. The name of a tool is `server_slug:tool_name`. */
export const UsageDimension = z.enum(["all", "server", "tool", "member"]);
export type UsageDimension = z.infer<typeof UsageDimension>;

/** A dimension by which totals are listed. Clients are those that a request or session names itself. */
export const UsageTotalsDimension = z.enum(["server", "tool", "member", "client"]);
export type UsageTotalsDimension = z.infer<typeof UsageTotalsDimension>;

/** What a list of totals begins with: the most calls, errors or refused calls, or the highest p95. */
export const UsageOrder = z.enum(["calls", "errors", "refused", "latency"]);
export type UsageOrder = z.infer<typeof UsageOrder>;

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
  /** Calls with status `cancelled`. The rest, with status `ok`, succeeded. */
  cancelled: z.int(),
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

/** Usage over time, in steps of whole minutes, hours or days (UTC). */
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

/** Names of what figures belong to. */
const Named = z.object({
  /** Null: calls of workspace tokens. */
  memberId: z.string().nullable(),
  /** Also of a removed member; null: there is no member, or the name is not kept any more. */
  memberName: z.string().nullable(),
  hasMemberLeft: z.boolean(),
  serverSlug: z.string().nullable(),
  /** Null: there is no server, or no server has the slug any more. */
  serverName: z.string().nullable(),
  /** The server's own name of the tool or prompt. */
  toolName: z.string().nullable(),
});

/** The fields that do not belong to the dimension are null, and so are those that the calls do not have. */
const UsageTotal = Named.extend({
  clientName: z.string().nullable(),
  clientVersion: z.string().nullable(),
  total: UsageFigures,
  /** Number of members with calls. */
  people: z.int(),
  /** Of a call that was not refused, epoch ms; null: all were. */
  lastCalledAt: z.int().nullable(),
});
export type UsageTotal = z.infer<typeof UsageTotal>;

/** Figures of each server, tool, member or client in a time range. */
export const UsageTotals = z
  .object({
    /** Epoch ms, in whole steps. */
    from: z.int(),
    to: z.int(),
    /** Epoch ms from which on calls are counted: later than `from` if clients have made very many calls. */
    since: z.int(),
    items: z.array(UsageTotal),
    /** Number of all items, also of those beyond the limit. */
    names: z.int(),
  })
  .meta({ id: "UsageTotals" });
export type UsageTotals = z.infer<typeof UsageTotals>;

/** Refused calls of a time range by member, tool and reason, the most first. */
export const Refusals = z
  .object({
    from: z.int(),
    to: z.int(),
    items: z.array(
      Named.extend({
        /** `blocked`: a rule, the token's choice of tools or a stop refused the calls. `rate_limited`: a limit did. */
        status: z.enum(["blocked", "rate_limited"]),
        /** The reason, as in the audit log; null: it was not recorded. */
        errorCode: z.string().nullable(),
        count: z.int(),
        /** Epoch ms. */
        lastAt: z.int(),
      }),
    ),
    /** Number of all items, also of those beyond the limit. */
    names: z.int(),
  })
  .meta({ id: "Refusals" });
export type Refusals = z.infer<typeof Refusals>;

/** What a shorter retention deletes from the audit log. */
export const RetentionPreview = z
  .object({
    /** Rows of calls. A row can be that of several refused calls. */
    calls: z.int(),
    changes: z.int(),
    /** Epoch ms of the oldest call in the log; null: it has none. */
    oldestAt: z.int().nullable(),
  })
  .meta({ id: "RetentionPreview" });
export type RetentionPreview = z.infer<typeof RetentionPreview>;
