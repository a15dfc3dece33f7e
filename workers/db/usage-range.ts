import { sql, type SQL } from "drizzle-orm";
import { LATENCY_BOUNDS_MS } from "../contract/api/usage.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../contract/units.ts";
import { findLowestSeq } from "./call-filters.ts";

/** The columns of the latency histogram. */
export const BUCKETS = [...LATENCY_BOUNDS_MS, Infinity].map((_, i) => `b${i}`);

/**
 * A latency's bucket, in SQL: the first whose bound is not less. Refused calls reached no server and have no bucket.
 * Reads the columns `latency` and `status`.
 */
export const BUCKET = `CASE WHEN latency IS NULL OR status NOT IN ('ok', 'error') THEN NULL ${LATENCY_BOUNDS_MS.map(
  (bound, i) => `WHEN latency <= ${bound} THEN ${i}`,
).join(" ")} ELSE ${LATENCY_BOUNDS_MS.length} END`;

/** Whether a call was refused, in SQL. Reads the column `status`. */
export const IS_REFUSED = "status IN ('blocked', 'rate_limited')";

/** A time range in whole steps. */
export interface UsageRange {
  /** A minute, an hour or a day. */
  stepMs: number;
  /** In steps since 1970, inclusive; `to` is exclusive. */
  from: number;
  to: number;
}

/** Limits figures to the calls of one server or one member. */
export interface UsageFilter {
  serverSlug?: string | undefined;
  memberId?: string | undefined;
}

/** Later than any call, in days since 1970. */
const LAST_DAY = 1e6;

/** The range from the UTC day of an instant (epoch ms) on. */
export function toDaysSince(since: number): UsageRange {
  return { stepMs: DAY_MS, from: Math.floor(since / DAY_MS), to: LAST_DAY };
}

/** The step of a row of `selectRange`, in SQL. */
export function toStep({ stepMs }: UsageRange): SQL {
  return stepMs === MINUTE_MS ? sql.raw("step") : sql.raw(`step * hours / ${stepMs / HOUR_MS}`);
}

/**
 * Selects the rows of a range as a table: hours, and the days that older hours became. In a range by the hour, such a day
 * is its first hour. A range by the minute has rows of the same columns, made of the calls. Two searches of the primary
 * key: with OR instead of UNION, SQLite reads all rows of the workspace.
 */
export function selectRange(workspaceId: string, range: UsageRange): SQL {
  const { stepMs, from, to } = range;
  if (stepMs === MINUTE_MS)
    return sql`(${selectCalls(workspaceId, from * stepMs, to * stepMs)}) AS in_range`;
  const hours = stepMs / HOUR_MS;
  const [fromHour, toHour] = [from * hours, to * hours];
  const select = (length: 1 | 24) => sql`SELECT * FROM usage_steps
    WHERE workspace_id = ${workspaceId} AND hours = ${sql.raw(String(length))}
      AND step >= ${Math.ceil(fromHour / length)} AND step < ${Math.ceil(toHour / length)}`;
  return sql`(${select(1)} UNION ALL ${select(24)}) AS in_range`;
}

/**
 * Selects the calls with a known outcome of a time range (epoch ms; `to` exclusive) that match, at most the newest
 * `most`, with the columns of `usage_steps`; `step` in minutes.
 */
export function selectCalls(
  workspaceId: string,
  from: number,
  to: number,
  { most, serverSlug, memberId }: UsageFilter & { most?: number } = {},
): SQL {
  const limit = most === undefined ? sql`` : sql`ORDER BY seq DESC LIMIT ${most}`;
  const ofServer = serverSlug === undefined ? sql`` : sql`AND server_slug = ${serverSlug}`;
  const ofMember = memberId === undefined ? sql`` : sql`AND member_id = ${memberId}`;
  const counts = [
    "count AS calls",
    "iif(status = 'error', count, 0) AS errors",
    `iif(${IS_REFUSED}, count, 0) AS refused`,
    ...BUCKETS.map((column, i) => `iif(bucket IS ${i}, count, 0) AS ${column}`),
    `iif(${IS_REFUSED}, NULL, created_at) AS last_called_at`,
  ].join(", ");
  return sql`SELECT created_at / ${sql.raw(String(MINUTE_MS))} AS step, coalesce(server_slug, '') AS server_slug,
      iif(method IN ('tools/call', 'prompts/get'), coalesce(tool_name, ''), '') AS tool_name,
      coalesce(member_id, '') AS member_id, client_name, client_version, created_at, ${sql.raw(counts)}
    FROM (SELECT *, ${sql.raw(BUCKET)} AS bucket FROM (SELECT *, latency_ms AS latency FROM mcp_tool_calls
      WHERE workspace_id = ${workspaceId} AND seq >= ${findLowestSeq(workspaceId, from)}
        AND created_at >= ${from} AND created_at < ${to} AND status <> 'unknown' ${ofServer} ${ofMember} ${limit}))`;
}
