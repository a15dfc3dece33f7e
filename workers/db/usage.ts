import { and, eq, lt, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { DAY_MS, HOUR_MS } from "../contract/units.ts";
import type { Db } from "./database.ts";
import { selectField, toOutcomeRows } from "./outcome-rows.ts";
import type { QueryBudget } from "./query-budget.ts";
import { BUCKET, BUCKETS, IS_REFUSED, selectRange, toDaysSince } from "./usage-range.ts";

// Literals, because D1 binds every number as floating-point, and a division must yield an integer.
const hourMs = sql.raw(String(HOUR_MS));

/** Length of a usage step in hours. */
type StepHours = 1 | 24;

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

/** The counts of a group of new rows, then the last call. */
const countedColumns = sql.raw(
  [
    "sum(count)",
    "sum(iif(status = 'error', count, 0))",
    `sum(iif(${IS_REFUSED}, count, 0))`,
    ...BUCKETS.map((_, i) => `coalesce(sum(iif(bucket = ${i}, count, 0)), 0)`),
    `max(iif(${IS_REFUSED}, NULL, at))`,
  ].join(", "),
);
const sums = sql.raw(
  [...COUNTS.map((column) => `sum(${column})`), "max(last_called_at)"].join(", "),
);
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
      sql`WITH ${newRows}, bucketed AS (SELECT *, ${sql.raw(BUCKET)} AS bucket FROM new_rows)
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

/**
 * A member's calls of one tool, without the refused ones, and the number of those. `memberId` '': of workspace tokens.
 * `lastCalledAt` in epoch ms.
 */
export interface ToolUse {
  memberId: string;
  serverSlug: string;
  toolName: string;
  calls: number;
  refused: number;
  lastCalledAt: number | null;
}

/** Returns the calls by member and tool, from the UTC day of `since` (epoch ms) on. */
export async function listToolUse(db: Db, workspaceId: string, since: number): Promise<ToolUse[]> {
  return db.all<ToolUse>(
    sql`SELECT member_id AS memberId, server_slug AS serverSlug, tool_name AS toolName, sum(calls - refused) AS calls,
        sum(refused) AS refused, max(last_called_at) AS lastCalledAt
      FROM ${selectRange(workspaceId, toDaysSince(since))}
      WHERE tool_name <> ''
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
