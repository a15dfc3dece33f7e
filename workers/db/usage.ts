import { and, eq, inArray, lt, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { LATENCY_BOUNDS_MS, UsageDimension } from "../contract/api/usage.ts";
import type { Db } from "./database.ts";
import { field, outcomeRows } from "./outcome-rows.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

// As literals: D1 binds every number as a floating-point one, which divides to a fraction.
const hourMs = sql.raw(String(HOUR_MS));
const dayMs = sql.raw(String(DAY_MS));

/** Lengths of steps, in hours. */
export type StepHours = 1 | 24;
const STEP_HOURS: StepHours[] = [1, 24];

const BUCKETS = [...LATENCY_BOUNDS_MS, Infinity].map((_, i) => `b${i}`);
const COUNTS = ["calls", "errors", "refused", ...BUCKETS];

/** The tables of `d1-migrations/0002_people.sql` that hold usage; their columns are counted in the order of `COUNTS`. */
const usage = sqliteTable("usage", {
  workspaceId: text("workspace_id").notNull(),
  dimension: text().$type<UsageDimension>().notNull(),
  hours: integer().$type<StepHours>().notNull(),
  step: integer().notNull(),
  name: text().notNull(),
  ...Object.fromEntries(COUNTS.map((column) => [column, integer(column).notNull()])),
});

const memberToolDays = sqliteTable("member_tool_days", {
  workspaceId: text("workspace_id").notNull(),
  memberId: text("member_id").notNull(),
  day: integer().notNull(),
  serverSlug: text("server_slug").notNull(),
  toolName: text("tool_name").notNull(),
  calls: integer().notNull(),
  lastCalledAt: integer("last_called_at").notNull(),
});

/** How calls are named in each dimension. */
const NAMES: Record<UsageDimension, SQL> = {
  all: sql`''`,
  server: sql`coalesce(server, '')`,
  tool: sql`coalesce(server || ':' || tool, '')`,
  member: sql`coalesce(member, '')`,
};
/** A latency's bucket: the first whose bound it does not pass. Refused calls reached no server and have none. */
const bucket = sql.raw(
  `CASE WHEN latency IS NULL OR status NOT IN ('ok', 'error') THEN NULL ${LATENCY_BOUNDS_MS.map(
    (bound, i) => `WHEN latency <= ${bound} THEN ${i}`,
  ).join(" ")} ELSE ${LATENCY_BOUNDS_MS.length} END`,
);
/** The columns of `COUNTS`, counted. */
const counted = sql.raw(
  [
    "count(*) AS calls",
    "sum(status = 'error') AS errors",
    "sum(status IN ('blocked', 'rate_limited')) AS refused",
    ...BUCKETS.map((column, i) => `coalesce(sum(bucket = ${i}), 0) AS ${column}`),
  ].join(", "),
);
const columns = sql.raw(COUNTS.join(", "));
const sums = sql.raw(COUNTS.map((column) => `sum(${column})`).join(", "));
const additions = Object.fromEntries(
  COUNTS.map((column) => [column, sql.raw(`${column} + excluded.${column}`)]),
);

/**
 * The statements that add call rows of a workspace, given as `encodeOutcomes` makes them, to the usage tables. They
 * belong in the batch that stores the rows, before them: what counts is a row that is not there yet, or there with an
 * unknown outcome only, so that rows delivered twice count once.
 */
export function addUsage(db: Db, workspaceId: string, rows: string): BatchItem<"sqlite">[] {
  // Materialized: else each use of a field would look it up in the JSON again. A number that is there twice counts as
  // what comes first: `min` chooses the row that the other columns are of.
  const fresh = sql`${outcomeRows(rows)}, fresh AS MATERIALIZED (
    SELECT min(position), ${field("seq")} AS seq, ${field("serverSlug")} AS server, ${field("toolName")} AS tool,
      ${field("memberId")} AS member, ${field("status")} AS status, ${field("latencyMs")} AS latency,
      ${field("createdAt")} AS at
    FROM rows WHERE ${field("status")} <> 'unknown' AND NOT EXISTS (
      SELECT 1 FROM mcp_tool_calls WHERE workspace_id = ${workspaceId} AND seq = ${field("seq")} AND status <> 'unknown')
    GROUP BY 2)`;
  // Few calls differ in what is counted apart: they are counted first, and only the counts added up in every way.
  const counts = sql`bucketed AS MATERIALIZED (SELECT *, ${bucket} AS bucket FROM fresh),
    counts AS MATERIALIZED (
      SELECT at / ${hourMs} AS hour, server, tool, member, ${counted} FROM bucketed GROUP BY 1, 2, 3, 4)`;
  const told = Object.entries(NAMES).map(
    ([dimension, name]) =>
      sql`SELECT ${sql.raw(`'${dimension}'`)} AS dimension, length.value AS hours,
        hour / length.value AS step, ${name} AS name, ${columns}
        FROM counts, json_each(${JSON.stringify(STEP_HOURS)}) AS length`,
  );
  const steps = db
    .insert(usage)
    .select(
      sql`WITH ${fresh}, ${counts}, told AS (${sql.join(told, sql` UNION ALL `)})
        SELECT ${workspaceId}, dimension, hours, step, name, ${sums} FROM told WHERE true GROUP BY 2, 3, 4, 5`,
    )
    .onConflictDoUpdate({
      target: [usage.workspaceId, usage.dimension, usage.hours, usage.step, usage.name],
      set: additions,
    });
  const days = memberToolDays;
  const tools = db
    .insert(memberToolDays)
    .select(
      sql`WITH ${fresh}
        SELECT ${workspaceId}, member, at / ${dayMs}, server, tool, count(*), max(at) FROM fresh
        WHERE member IS NOT NULL AND server IS NOT NULL AND tool IS NOT NULL
          AND status NOT IN ('blocked', 'rate_limited')
        GROUP BY 2, 3, 4, 5`,
    )
    .onConflictDoUpdate({
      target: [days.workspaceId, days.memberId, days.day, days.serverSlug, days.toolName],
      set: {
        calls: sql`calls + excluded.calls`,
        lastCalledAt: sql`max(last_called_at, excluded.last_called_at)`,
      },
    });
  return [steps, tools];
}

/** Calls of one name in one step of time; `buckets` counts latencies, one number for each bucket. */
export interface UsageRow {
  name: string;
  step: number;
  calls: number;
  errors: number;
  refused: number;
  buckets: number[];
}

export interface UsageRange {
  hours: StepHours;
  /** Steps since 1970; `to` is exclusive. */
  from: number;
  to: number;
}

/** The names with the most calls in a range, and how many names there are. */
export async function listBusiestNames(
  db: Db,
  workspaceId: string,
  dimension: UsageDimension,
  range: UsageRange,
  limit: number,
): Promise<{ names: string[]; count: number }> {
  const rows = await db.all<{ name: string; count: number }>(
    sql`SELECT name, count(*) OVER () AS count FROM usage
      WHERE ${within(workspaceId, dimension, range)}
      GROUP BY name ORDER BY sum(calls) DESC, name LIMIT ${limit}`,
  );
  return { names: rows.map(({ name }) => name), count: rows[0]?.count ?? 0 };
}

/** Usage of the named ones over time, by step. */
export async function listUsage(
  db: Db,
  workspaceId: string,
  dimension: UsageDimension,
  range: UsageRange,
  names: string[],
): Promise<UsageRow[]> {
  // The buckets travel as one text: a result's cells are what it costs.
  const rows = await db.all<Omit<UsageRow, "buckets"> & { buckets: string }>(
    sql`SELECT name, step, calls, errors, refused, json_array(${sql.raw(BUCKETS.join(", "))}) AS buckets
      FROM usage WHERE ${within(workspaceId, dimension, range)}
        AND name IN (SELECT value FROM json_each(${JSON.stringify(names)}))
      ORDER BY step`,
  );
  // What SQLite made of an array of integers.
  return rows.map((row) => ({ ...row, buckets: JSON.parse(row.buckets) as number[] }));
}

function within(workspaceId: string, dimension: UsageDimension, { hours, from, to }: UsageRange) {
  return sql`workspace_id = ${workspaceId} AND dimension = ${dimension} AND hours = ${hours}
    AND step >= ${from} AND step < ${to}`;
}

/** A member's calls of one tool on the days of a range. */
export interface ToolUse {
  memberId: string;
  serverSlug: string;
  toolName: string;
  calls: number;
  lastCalledAt: number;
}

/** Which tools the members called since an instant's day. */
export async function listToolUse(db: Db, workspaceId: string, since: number): Promise<ToolUse[]> {
  return db.all<ToolUse>(
    sql`SELECT member_id AS memberId, server_slug AS serverSlug, tool_name AS toolName, sum(calls) AS calls,
        max(last_called_at) AS lastCalledAt FROM member_tool_days
      WHERE workspace_id = ${workspaceId} AND day >= ${Math.floor(since / DAY_MS)}
      GROUP BY 1, 2, 3`,
  );
}

/** Removes the workspace's usage from before an instant. */
export async function deleteExpiredUsage(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<void> {
  const day = Math.floor(before / DAY_MS);
  const steps = STEP_HOURS.map((hours) =>
    db
      .delete(usage)
      .where(
        and(
          eq(usage.workspaceId, workspaceId),
          inArray(usage.dimension, UsageDimension.options),
          eq(usage.hours, hours),
          lt(usage.step, Math.floor(before / (hours * HOUR_MS))),
        ),
      ),
  );
  const days = db
    .delete(memberToolDays)
    .where(and(eq(memberToolDays.workspaceId, workspaceId), lt(memberToolDays.day, day)));
  await db.batch([days, ...steps]);
}
