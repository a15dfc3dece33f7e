import { and, eq, inArray, lt, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { LATENCY_BOUNDS_MS, UsageDimension } from "../contract/api/usage.ts";
import { DAY_MS, HOUR_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import { selectField, toOutcomeRows } from "./outcome-rows.ts";

// Literals, because D1 binds every number as floating-point, and a division must yield an integer.
const hourMs = sql.raw(String(HOUR_MS));
const dayMs = sql.raw(String(DAY_MS));

/** Length of a usage step in hours. */
export type StepHours = 1 | 24;
const STEP_HOURS: StepHours[] = [1, 24];

const BUCKETS = [...LATENCY_BOUNDS_MS, Infinity].map((_, i) => `b${i}`);
const COUNTS = ["calls", "errors", "refused", ...BUCKETS];

// The usage tables of `d1-migrations/0002_people.sql`.
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

/**
 * The tool or prompt that a row counts for. The later messages of a task name its tool, too, but most of them only ask for
 * its status: the tool was called once.
 */
const countedTool = sql`CASE WHEN ${selectField("method")} IN ('tools/call', 'prompts/get') THEN ${selectField("toolName")} END`;

/** The name of a call in each dimension. */
const NAMES: Record<UsageDimension, SQL> = {
  all: sql`''`,
  server: sql`coalesce(server, '')`,
  tool: sql`coalesce(server || ':' || tool, '')`,
  member: sql`coalesce(member, '')`,
};
/** A latency's bucket: the first whose bound is not less. Refused calls reached no server and have no bucket. */
const bucket = sql.raw(
  `CASE WHEN latency IS NULL OR status NOT IN ('ok', 'error') THEN NULL ${LATENCY_BOUNDS_MS.map(
    (bound, i) => `WHEN latency <= ${bound} THEN ${i}`,
  ).join(" ")} ELSE ${LATENCY_BOUNDS_MS.length} END`,
);
/** Counts the columns of `COUNTS`. */
const countedColumns = sql.raw(
  [
    "sum(count) AS calls",
    "sum(iif(status = 'error', count, 0)) AS errors",
    "sum(iif(status IN ('blocked', 'rate_limited'), count, 0)) AS refused",
    ...BUCKETS.map((column, i) => `coalesce(sum(iif(bucket = ${i}, count, 0)), 0) AS ${column}`),
  ].join(", "),
);
const columns = sql.raw(COUNTS.join(", "));
const sums = sql.raw(COUNTS.map((column) => `sum(${column})`).join(", "));
const additions = Object.fromEntries(
  COUNTS.map((column) => [column, sql.raw(`${column} + excluded.${column}`)]),
);

/**
 * Returns the statements that add call outcomes (from `encodeOutcomes`) to the usage tables. They must run before the
 * insert of the rows, in the same batch: only rows that are not stored yet, or stored with status `unknown`, count, and
 * of refusals those that the stored row does not count yet. Rows that the queue delivers twice therefore count once.
 */
export function addUsage(db: Db, workspaceId: string, rows: string): BatchItem<"sqlite">[] {
  // MATERIALIZED avoids a JSON access per use of a field. If a sequence number occurs twice, the first row with the
  // greatest count counts: with a bare `max`, SQLite takes the other columns from the row of the maximum.
  const count = sql`coalesce(${selectField("count")}, 1)`;
  const newRows = sql`${toOutcomeRows(rows)}, new_rows AS MATERIALIZED (
    SELECT max(${count} * 1000000 - position), ${count} - coalesce(stored.count, 0) AS count,
      ${selectField("seq")} AS seq, ${selectField("serverSlug")} AS server, ${countedTool} AS tool,
      ${selectField("memberId")} AS member, ${selectField("status")} AS status, ${selectField("latencyMs")} AS latency,
      ${selectField("createdAt")} AS at
    FROM rows LEFT JOIN mcp_tool_calls AS stored
      ON stored.workspace_id = ${workspaceId} AND stored.seq = ${selectField("seq")} AND stored.status <> 'unknown'
    WHERE ${selectField("status")} <> 'unknown' AND ${count} > coalesce(stored.count, 0)
    GROUP BY 3)`;
  // Rows are grouped once by all dimensions; the dimensions then add up these few groups instead of all rows.
  const groups = sql`bucketed AS MATERIALIZED (SELECT *, ${bucket} AS bucket FROM new_rows),
    grouped AS MATERIALIZED (
      SELECT at / ${hourMs} AS hour, server, tool, member, ${countedColumns} FROM bucketed GROUP BY 1, 2, 3, 4)`;
  const byDimension = Object.entries(NAMES).map(
    ([dimension, name]) =>
      sql`SELECT ${sql.raw(`'${dimension}'`)} AS dimension, length.value AS hours,
        hour / length.value AS step, ${name} AS name, ${columns}
        FROM grouped, json_each(${JSON.stringify(STEP_HOURS)}) AS length`,
  );
  const steps = db
    .insert(usage)
    .select(
      sql`WITH ${newRows}, ${groups}, steps AS (${sql.join(byDimension, sql` UNION ALL `)})
        SELECT ${workspaceId}, dimension, hours, step, name, ${sums} FROM steps WHERE true GROUP BY 2, 3, 4, 5`,
    )
    .onConflictDoUpdate({
      target: [usage.workspaceId, usage.dimension, usage.hours, usage.step, usage.name],
      set: additions,
    });
  const days = memberToolDays;
  const toolDays = db
    .insert(memberToolDays)
    .select(
      sql`WITH ${newRows}
        SELECT ${workspaceId}, member, at / ${dayMs}, server, tool, count(*), max(at) FROM new_rows
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
  return [steps, toolDays];
}

/** The calls of one name in one step. `buckets`: number of calls in each latency bucket. */
export interface UsageRow {
  name: string;
  step: number;
  calls: number;
  errors: number;
  refused: number;
  buckets: number[];
}

/** A time range in whole steps. */
export interface UsageRange {
  hours: StepHours;
  /** In steps since 1970, inclusive; `to` is exclusive. */
  from: number;
  to: number;
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
    sql`SELECT name, count(*) OVER () AS count FROM usage
      WHERE ${toRangeCondition(workspaceId, dimension, range)}
      GROUP BY name ORDER BY sum(calls) DESC, name LIMIT ${limit}`,
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
  // The buckets are one JSON text, because the cost of a result grows with its number of cells.
  const rows = await db.all<Omit<UsageRow, "buckets"> & { buckets: string }>(
    sql`SELECT name, step, calls, errors, refused, json_array(${sql.raw(BUCKETS.join(", "))}) AS buckets
      FROM usage WHERE ${toRangeCondition(workspaceId, dimension, range)}
        AND name IN (SELECT value FROM json_each(${JSON.stringify(names)}))
      ORDER BY step`,
  );
  // A cast: SQLite made this JSON from an array of integers.
  return rows.map((row) => ({ ...row, buckets: JSON.parse(row.buckets) as number[] }));
}

function toRangeCondition(
  workspaceId: string,
  dimension: UsageDimension,
  { hours, from, to }: UsageRange,
) {
  return sql`workspace_id = ${workspaceId} AND dimension = ${dimension} AND hours = ${hours}
    AND step >= ${from} AND step < ${to}`;
}

/** A member's calls of one tool. `lastCalledAt` in epoch ms. */
export interface ToolUse {
  memberId: string;
  serverSlug: string;
  toolName: string;
  calls: number;
  lastCalledAt: number;
}

/** Returns the members' calls by tool, from the UTC day of `since` (epoch ms) on. */
export async function listToolUse(db: Db, workspaceId: string, since: number): Promise<ToolUse[]> {
  return db.all<ToolUse>(
    sql`SELECT member_id AS memberId, server_slug AS serverSlug, tool_name AS toolName, sum(calls) AS calls,
        max(last_called_at) AS lastCalledAt FROM member_tool_days
      WHERE workspace_id = ${workspaceId} AND day >= ${Math.floor(since / DAY_MS)}
      GROUP BY 1, 2, 3`,
  );
}

/** Deletes the workspace's usage from before an instant (epoch ms). */
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
