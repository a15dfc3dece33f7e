import { and, eq, lt, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { LATENCY_BOUNDS_MS, type UsageDimension } from "../contract/api/usage.ts";
import { DAY_MS, HOUR_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import { selectField, toOutcomeRows } from "./outcome-rows.ts";
import type { QueryBudget } from "./query-budget.ts";

// Literals, because D1 binds every number as floating-point, and a division must yield an integer.
const hourMs = sql.raw(String(HOUR_MS));

/** Length of a usage step in hours. */
export type StepHours = 1 | 24;

/** Later than any call, in days since 1970. */
const LAST_DAY = 1e6;

const BUCKETS = [...LATENCY_BOUNDS_MS, Infinity].map((_, i) => `b${i}`);
const COUNTS = ["calls", "errors", "refused", ...BUCKETS];

// The table of `d1-migrations/0012_usage_steps.sql`.
const usageSteps = sqliteTable("usage_steps", {
  workspaceId: text("workspace_id").notNull(),
  hours: integer().$type<StepHours>().notNull(),
  step: integer().notNull(),
  serverSlug: text("server_slug").notNull(),
  toolName: text("tool_name").notNull(),
  memberId: text("member_id").notNull(),
  ...Object.fromEntries(COUNTS.map((column) => [column, integer(column).notNull()])),
  lastCalledAt: integer("last_called_at"),
});
const key = [
  usageSteps.workspaceId,
  usageSteps.hours,
  usageSteps.step,
  usageSteps.serverSlug,
  usageSteps.toolName,
  usageSteps.memberId,
];

/**
 * The tool or prompt that a row counts for. The later messages of a task name its tool, too, but most of them only ask for
 * its status: the tool was called once.
 */
const countedTool = sql`CASE WHEN ${selectField("method")} IN ('tools/call', 'prompts/get') THEN ${selectField("toolName")} END`;

/** The name of a row of `usage_steps` in each dimension. */
const NAMES: Record<UsageDimension, SQL> = {
  all: sql.raw("''"),
  server: sql.raw("server_slug"),
  tool: sql.raw("iif(tool_name = '', '', server_slug || ':' || tool_name)"),
  member: sql.raw("member_id"),
};
/** A latency's bucket: the first whose bound is not less. Refused calls reached no server and have no bucket. */
const bucket = sql.raw(
  `CASE WHEN latency IS NULL OR status NOT IN ('ok', 'error') THEN NULL ${LATENCY_BOUNDS_MS.map(
    (bound, i) => `WHEN latency <= ${bound} THEN ${i}`,
  ).join(" ")} ELSE ${LATENCY_BOUNDS_MS.length} END`,
);
const isRefused = "status IN ('blocked', 'rate_limited')";
/** The counts of a group of new rows, then the last call. */
const countedColumns = sql.raw(
  [
    "sum(count)",
    "sum(iif(status = 'error', count, 0))",
    `sum(iif(${isRefused}, count, 0))`,
    ...BUCKETS.map((_, i) => `coalesce(sum(iif(bucket = ${i}, count, 0)), 0)`),
    `max(iif(${isRefused}, NULL, at))`,
  ].join(", "),
);
const sums = sql.raw(
  [...COUNTS.map((column) => `sum(${column})`), "max(last_called_at)"].join(", "),
);
const bucketSums = sql.raw(BUCKETS.map((column) => `sum(${column})`).join(", "));
const additions = {
  ...Object.fromEntries(
    COUNTS.map((column) => [column, sql.raw(`${column} + excluded.${column}`)]),
  ),
  // `max` of several values is null if one of them is.
  lastCalledAt: sql.raw(
    "coalesce(max(last_called_at, excluded.last_called_at), last_called_at, excluded.last_called_at)",
  ),
};

/**
 * Returns the statement that adds call outcomes (from `encodeOutcomes`) to the usage. It must run before the insert of
 * the rows, in the same batch: only rows that are not stored yet, or stored with status `unknown`, count, and of refusals
 * those that the stored row does not count yet. Rows that the queue delivers twice therefore count once.
 */
export function addUsage(db: Db, workspaceId: string, rows: string): BatchItem<"sqlite"> {
  // MATERIALIZED avoids a JSON access per use of a field. If a sequence number occurs twice, the first row with the
  // greatest count counts: with a bare `max`, SQLite takes the other columns from the row of the maximum.
  const count = sql`coalesce(${selectField("count")}, 1)`;
  const newRows = sql`${toOutcomeRows(rows)}, new_rows AS MATERIALIZED (
    SELECT max(${count} * 1000000 - position), ${count} - coalesce(stored.count, 0) AS count,
      ${selectField("seq")} AS seq, coalesce(${selectField("serverSlug")}, '') AS server,
      coalesce(${countedTool}, '') AS tool, coalesce(${selectField("memberId")}, '') AS member,
      ${selectField("status")} AS status, ${selectField("latencyMs")} AS latency, ${selectField("createdAt")} AS at
    FROM rows LEFT JOIN mcp_tool_calls AS stored
      ON stored.workspace_id = ${workspaceId} AND stored.seq = ${selectField("seq")} AND stored.status <> 'unknown'
    WHERE ${selectField("status")} <> 'unknown' AND ${count} > coalesce(stored.count, 0)
    GROUP BY 3)`;
  return db
    .insert(usageSteps)
    .select(
      sql`WITH ${newRows}, bucketed AS (SELECT *, ${bucket} AS bucket FROM new_rows)
        SELECT ${workspaceId}, 1, at / ${hourMs}, server, tool, member, ${countedColumns}
        FROM bucketed WHERE true GROUP BY 3, 4, 5, 6`,
    )
    .onConflictDoUpdate({ target: key, set: additions });
}

/**
 * Adds up hours from before an instant (epoch ms) to days, so that a range of months reads few rows. `most`: workspaces,
 * in random order. A late row makes an hour again, and the next run adds it to its day.
 */
export async function rollUpUsage(
  db: Db,
  before: number,
  most: number,
  budget: QueryBudget,
): Promise<void> {
  if (!(await budget.take(1))) return;
  const isOld = sql`hours = 1 AND step < ${Math.floor(before / DAY_MS) * 24}`;
  const due = await db.all<{ id: string }>(
    sql`SELECT id FROM workspaces
      WHERE EXISTS (SELECT 1 FROM usage_steps WHERE workspace_id = workspaces.id AND ${isOld})
      ORDER BY random() LIMIT ${most}`,
  );
  for (const { id } of due) {
    if (!(await budget.take(2))) return;
    const ofWorkspace = sql`workspace_id = ${id} AND ${isOld}`;
    const addDays = db
      .insert(usageSteps)
      .select(
        sql`SELECT workspace_id, 24, step / 24, server_slug, tool_name, member_id, ${sums}
          FROM usage_steps WHERE ${ofWorkspace} GROUP BY 3, 4, 5, 6`,
      )
      .onConflictDoUpdate({ target: key, set: additions });
    await db.batch([addDays, db.delete(usageSteps).where(ofWorkspace)]);
  }
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
  // The buckets are one JSON text, because the cost of a result grows with its number of cells.
  const rows = await db.all<Omit<UsageRow, "buckets"> & { buckets: string }>(
    sql`SELECT ${NAMES[dimension]} AS name, step * hours / ${sql.raw(String(range.hours))} AS step,
        sum(calls) AS calls, sum(errors) AS errors, sum(refused) AS refused, json_array(${bucketSums}) AS buckets
      FROM ${selectRange(workspaceId, range)}
      WHERE ${NAMES[dimension]} IN (SELECT value FROM json_each(${JSON.stringify(names)}))
      GROUP BY 1, 2 ORDER BY 2`,
  );
  // A cast: SQLite made this JSON from an array of integers.
  return rows.map((row) => ({ ...row, buckets: JSON.parse(row.buckets) as number[] }));
}

/**
 * Returns the rows of a range as a table: hours, and the days that older hours became. In a range by the hour, such a day is
 * its first hour. Two searches of the primary key: with OR instead of UNION, SQLite reads all rows of the workspace.
 */
function selectRange(workspaceId: string, { hours, from, to }: UsageRange): SQL {
  const [fromHour, toHour] = [from * hours, to * hours];
  const select = (length: StepHours) => sql`SELECT * FROM usage_steps
    WHERE workspace_id = ${workspaceId} AND hours = ${sql.raw(String(length))}
      AND step >= ${Math.ceil(fromHour / length)} AND step < ${Math.ceil(toHour / length)}`;
  return sql`(${select(1)} UNION ALL ${select(24)}) AS in_range`;
}

/** A member's calls of one tool, without the refused ones, and the number of those. `lastCalledAt` in epoch ms. */
export interface ToolUse {
  memberId: string;
  serverSlug: string;
  toolName: string;
  calls: number;
  refused: number;
  lastCalledAt: number | null;
}

/** Returns the members' calls by tool, from the UTC day of `since` (epoch ms) on. */
export async function listToolUse(db: Db, workspaceId: string, since: number): Promise<ToolUse[]> {
  return db.all<ToolUse>(
    sql`SELECT member_id AS memberId, server_slug AS serverSlug, tool_name AS toolName, sum(calls - refused) AS calls,
        sum(refused) AS refused, max(last_called_at) AS lastCalledAt
      FROM ${selectRange(workspaceId, { hours: 24, from: Math.floor(since / DAY_MS), to: LAST_DAY })}
      WHERE member_id <> '' AND tool_name <> ''
      GROUP BY 1, 2, 3`,
  );
}

/** Deletes the workspace's usage from before an instant (epoch ms). */
export async function deleteExpiredUsage(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<void> {
  const deleteSteps = (hours: StepHours) =>
    db
      .delete(usageSteps)
      .where(
        and(
          eq(usageSteps.workspaceId, workspaceId),
          eq(usageSteps.hours, hours),
          lt(usageSteps.step, Math.floor(before / (hours * HOUR_MS))),
        ),
      );
  await db.batch([deleteSteps(1), deleteSteps(24)]);
}
