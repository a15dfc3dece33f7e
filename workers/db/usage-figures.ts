import { sql, type SQL } from "drizzle-orm";
import type { UsageDimension, UsageTotalsDimension } from "../contract/api/usage.ts";
import type { CallStatus } from "../contract/records/audit.ts";
import { findHighestSeq, findLowestSeq } from "./call-filters.ts";
import type { Db } from "./database.ts";
import {
  BUCKETS,
  selectCalls,
  selectRange,
  toStep,
  type UsageFilter,
  type UsageRange,
} from "./usage-range.ts";

/** The name of a row of `usage_steps` in each dimension. */
const NAMES: Record<UsageDimension, SQL> = {
  all: sql.raw("''"),
  server: sql.raw("server_slug"),
  tool: sql.raw("iif(tool_name = '', '', server_slug || ':' || tool_name)"),
  member: sql.raw("member_id"),
};
/** The columns that name a total in each dimension; the others are null. */
const NAME_COLUMNS: Record<UsageTotalsDimension, string[]> = {
  server: ["server_slug"],
  tool: ["server_slug", "tool_name"],
  member: ["member_id"],
  client: ["client_name", "client_version"],
};
// The buckets are one JSON text, because the cost of a result grows with its number of cells.
const figures = sql.raw(
  `sum(calls) AS calls, sum(errors) AS errors, sum(refused) AS refused,
  json_array(${BUCKETS.map((column) => `sum(${column})`).join(", ")}) AS buckets`,
);

/** Sums of calls. `buckets`: number of calls in each latency bucket. */
export interface CallSums {
  calls: number;
  errors: number;
  refused: number;
  buckets: number[];
}
type WithText<T extends CallSums> = Omit<T, "buckets"> & { buckets: string };

function parseBuckets<T extends CallSums>(rows: WithText<T>[]): T[] {
  // Casts: SQLite made this JSON from an array of integers.
  return rows.map((row) => ({ ...row, buckets: JSON.parse(row.buckets) as number[] }) as T);
}

/** The calls of one name in one step. */
export interface UsageRow extends CallSums {
  name: string;
  step: number;
}

/** Returns the names with the most calls in a range, and the number of all names. */
export async function listBusiestNames(
  db: Db,
  workspaceId: string,
  dimension: UsageDimension,
  range: UsageRange,
  limit: number,
): Promise<{ names: string[]; count: number }> {
  const rows = await db.all<{ name: string; count: number }>(
    sql`SELECT ${NAMES[dimension]} AS name, count(*) OVER () AS count FROM ${selectRange(workspaceId, range)}
      GROUP BY 1 ORDER BY sum(calls) DESC, 1 LIMIT ${limit}`,
  );
  return { names: rows.map(({ name }) => name), count: rows[0]?.count ?? 0 };
}

/** Returns the usage of these names by step, in order of time. */
export async function listUsage(
  db: Db,
  workspaceId: string,
  dimension: UsageDimension,
  range: UsageRange,
  names: string[],
): Promise<UsageRow[]> {
  const rows = await db.all<WithText<UsageRow>>(
    sql`SELECT ${NAMES[dimension]} AS name, ${toStep(range)} AS step, ${figures}
      FROM ${selectRange(workspaceId, range)}
      WHERE ${NAMES[dimension]} IN (SELECT value FROM json_each(${JSON.stringify(names)}))
      GROUP BY 1, 2 ORDER BY 2`,
  );
  return parseBuckets<UsageRow>(rows);
}

/** The calls of one name in a range. '' : the calls have none. `people`: number of members with calls. */
export interface UsageTotalRow extends CallSums {
  serverSlug: string | null;
  toolName: string | null;
  memberId: string | null;
  clientName: string | null;
  clientVersion: string | null;
  people: number;
  /** Of a call that was not refused, epoch ms; null: all were. */
  lastCalledAt: number | null;
}

function selectTotals(dimension: UsageTotalsDimension, source: SQL, filter: UsageFilter): SQL {
  const named = NAME_COLUMNS[dimension];
  const names = ["server_slug", "tool_name", "member_id", "client_name", "client_version"];
  const aliases = ["serverSlug", "toolName", "memberId", "clientName", "clientVersion"];
  const columns = names.map(
    (column, i) => `${named.includes(column) ? column : "NULL"} AS "${aliases[i]}"`,
  );
  const conditions = [
    filter.serverSlug === undefined ? [] : sql`server_slug = ${filter.serverSlug}`,
    filter.memberId === undefined ? [] : sql`member_id = ${filter.memberId}`,
    dimension === "tool" ? sql`tool_name <> ''` : [],
  ].flat();
  return sql`SELECT ${sql.raw(columns.join(", "))}, ${figures}, max(last_called_at) AS "lastCalledAt",
      count(DISTINCT nullif(member_id, '')) AS people
    FROM ${source} WHERE ${sql.join([sql`true`, ...conditions], sql` AND `)} GROUP BY ${sql.raw(named.join(", "))}`;
}

/** Returns the usage of each server, tool or member in a range. */
export async function listUsageTotals(
  db: Db,
  workspaceId: string,
  dimension: Exclude<UsageTotalsDimension, "client">,
  range: UsageRange,
  filter: UsageFilter,
): Promise<UsageTotalRow[]> {
  const source = selectRange(workspaceId, range);
  return parseBuckets<UsageTotalRow>(await db.all(selectTotals(dimension, source, filter)));
}

/** Returns the usage of each client and version among the newest `most` calls that match, and the time of the oldest one. */
export async function listClientTotals(
  db: Db,
  workspaceId: string,
  { stepMs, from, to }: UsageRange,
  filter: UsageFilter,
  most: number,
): Promise<{ rows: UsageTotalRow[]; since: number }> {
  const calls = selectCalls(workspaceId, from * stepMs, to * stepMs, { ...filter, most });
  const read = await db.all<WithText<UsageTotalRow> & { rows: number; since: number }>(
    sql`WITH newest AS MATERIALIZED (${calls})
      SELECT totals.*, read.rows, read.since FROM (${selectTotals("client", sql`newest`, {})}) AS totals,
      (SELECT count(*) AS rows, min(created_at) AS since FROM newest) AS read`,
  );
  const isCut = (read[0]?.rows ?? 0) >= most;
  return {
    rows: parseBuckets<UsageTotalRow>(read),
    since: isCut ? (read[0]?.since ?? 0) : from * stepMs,
  };
}

/** Refused calls of one member of one tool. */
export interface RefusalRow {
  memberId: string | null;
  serverSlug: string | null;
  toolName: string | null;
  status: Extract<CallStatus, "blocked" | "rate_limited">;
  /** Why. Null: it was not recorded. */
  errorCode: string | null;
  count: number;
  lastAt: number;
}

/**
 * Returns the refused calls of a range (epoch ms; `to` exclusive) by member, tool and error code, most first. Of each status
 * the newest `most` rows are read: a row is all refusals of one kind in one minute.
 */
export async function listRefusals(
  db: Db,
  workspaceId: string,
  { from, to }: { from: number; to: number },
  filter: UsageFilter,
  most: number,
): Promise<RefusalRow[]> {
  // `status <> 'ok'` is the condition of the index that has these rows; `unlikely` makes SQLite choose it.
  const select = (status: RefusalRow["status"]) => sql`SELECT * FROM (SELECT * FROM mcp_tool_calls
    WHERE workspace_id = ${workspaceId} AND unlikely(status = ${sql.raw(`'${status}'`)}) AND status <> 'ok'
      AND seq >= ${findLowestSeq(workspaceId, from)} AND created_at >= ${from} AND created_at < ${to}
      ${filter.memberId === undefined ? sql`` : sql`AND member_id = ${filter.memberId}`}
    ORDER BY seq DESC LIMIT ${most})`;
  return db.all<RefusalRow>(
    sql`SELECT member_id AS "memberId", server_slug AS "serverSlug", tool_name AS "toolName", status,
        error_code AS "errorCode", sum(count) AS count, max(created_at) AS "lastAt"
      FROM (${select("blocked")} UNION ALL ${select("rate_limited")})
      GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 7 DESC`,
  );
}

/** Counts the rows of the audit log from before an instant (epoch ms). */
export async function countExpiringRows(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<{ calls: number; changes: number; oldestAt: number | null }> {
  const calls = sql`mcp_tool_calls WHERE workspace_id = ${workspaceId}`;
  const [row] = await db.all<{ calls: number; changes: number; oldestAt: number | null }>(
    sql`SELECT (SELECT count(*) FROM ${calls} AND created_at < ${before}
        AND seq < ${findHighestSeq(workspaceId, before)}) AS calls,
      (SELECT count(*) FROM audit_events WHERE workspace_id = ${workspaceId} AND occurred_at < ${before}) AS changes,
      (SELECT created_at FROM ${calls} ORDER BY seq LIMIT 1) AS "oldestAt"`,
  );
  return row ?? { calls: 0, changes: 0, oldestAt: null };
}
