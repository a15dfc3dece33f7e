import { and, desc, eq, getTableColumns, gt, gte, lt, max, sql, type SQL } from "drizzle-orm";
import type { CallRow, CallStatus, CallOutcome } from "../contract/records/audit.ts";
import { readOutcomes } from "../contract/records/outcome-rows.ts";
import type { Db } from "./database.ts";
import { field, outcomeRows } from "./outcome-rows.ts";
import { toolCalls, tokens } from "./schema.ts";
import { addUsage } from "./usage.ts";

/** An invocation may ask D1 1,000 times: an export ends at five million rows. */
const EXPORT_PAGE_ROWS = 5_000;
/** Rows removed by one statement, which may run for 30 s. */
const DELETE_ROWS = 10_000;

/** What narrows a list of calls; a field that is absent or undefined narrows nothing. */
export interface CallFilters {
  memberId?: string | undefined;
  serverSlug?: string | undefined;
  toolName?: string | undefined;
  method?: string | undefined;
  status?: CallStatus | undefined;
  /** Epoch ms, inclusive. */
  from?: number | undefined;
  /** Epoch ms, exclusive. */
  to?: number | undefined;
  /** The highest number that is left out. */
  after?: number | undefined;
}

const columns = Object.entries(getTableColumns(toolCalls));
const fromExcluded = Object.fromEntries(
  columns
    .filter(([name]) => name !== "id")
    .map(([name, column]) => [name, sql.raw(`excluded.${column.name}`)]),
);

/**
 * Stores rows of a workspace, the usage they add up to and the last use of their tokens. A row that is there already
 * stays as it is, except that an outcome takes the place of `unknown`. `outcomes` is what `encodeOutcomes` makes, 2 MB
 * at most: one parameter holds all rows, where a statement of values takes seven.
 */
export async function insertCallRows(db: Db, workspaceId: string, outcomes: string): Promise<void> {
  const insert = db
    .insert(toolCalls)
    .select(sql`WITH ${outcomeRows(outcomes)} SELECT ${toRow(workspaceId)} FROM rows WHERE true`)
    .onConflictDoUpdate({
      target: [toolCalls.workspaceId, toolCalls.seq],
      set: fromExcluded,
      setWhere: eq(toolCalls.status, "unknown"),
    });
  const uses = sql`(SELECT key AS token_id, value AS used_at
    FROM json_each(${JSON.stringify(lastUses(outcomes))})) AS uses`;
  const touch = db
    .update(tokens)
    .set({ lastUsedAt: sql`max(coalesce(${tokens.lastUsedAt}, 0), used_at)` })
    .from(uses)
    .where(sql`${tokens.id} = uses.token_id`);
  // Usage first: it counts what is not there yet.
  await db.batch([touch, ...addUsage(db, workspaceId, outcomes), insert]);
}

/** A row of `outcomeRows` as a row of the table; an insert from a select names every column, in the schema's order. */
function toRow(workspaceId: string): SQL {
  const values = columns.map(([name]) => {
    if (name === "id") return sql`${workspaceId} || ':' || (${field("seq")})`;
    // All others are those of an outcome.
    return name === "workspaceId" ? sql`${workspaceId}` : field(name as keyof CallOutcome);
  });
  return sql.join(values, sql`, `);
}

/** When each token was last used, by its id. */
function lastUses(outcomes: string): Record<string, number> {
  const uses: Record<string, number> = {};
  for (const { tokenId, createdAt } of readOutcomes(outcomes, ["tokenId", "createdAt"])) {
    if (tokenId !== null) uses[tokenId] = Math.max(uses[tokenId] ?? 0, createdAt);
  }
  return uses;
}

/** The highest number that a row of the workspace has; 0 when it has no rows. */
export async function lastCallSeq(db: Db, workspaceId: string): Promise<number> {
  const rows = await db
    .select({ seq: max(toolCalls.seq) })
    .from(toolCalls)
    .where(eq(toolCalls.workspaceId, workspaceId));
  return rows[0]?.seq ?? 0;
}

/** Calls with numbers below `before`, newest first. */
export async function listCalls(
  db: Db,
  workspaceId: string,
  filters: CallFilters,
  before: number | null,
  limit: number,
): Promise<CallRow[]> {
  return db
    .select()
    .from(toolCalls)
    .where(
      and(
        eq(toolCalls.workspaceId, workspaceId),
        before === null ? undefined : lt(toolCalls.seq, before),
        ...conditions(filters),
      ),
    )
    .orderBy(desc(toolCalls.seq))
    .limit(limit);
}

/** Every call that the filters admit, newest first, page by page. */
export async function* exportCalls(
  db: Db,
  workspaceId: string,
  filters: CallFilters,
): AsyncGenerator<CallRow[]> {
  for (let before: number | null = null; ;) {
    const page: CallRow[] = await listCalls(db, workspaceId, filters, before, EXPORT_PAGE_ROWS);
    if (page.length > 0) yield page;
    if (page.length < EXPORT_PAGE_ROWS) return;
    before = page.at(-1)?.seq ?? null;
  }
}

/**
 * Removes the workspace's calls from before an instant; returns how many there were. Numbers follow time: from the
 * first one on, until some that come together are all younger.
 */
export async function deleteExpiredCalls(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<number> {
  let deleted = 0;
  for (let after = 0; ;) {
    const next = await db.get<{ last: number; oldest: number } | undefined>(
      sql`SELECT max(seq) AS last, min(created_at) AS oldest FROM (SELECT seq, created_at FROM mcp_tool_calls
        WHERE workspace_id = ${workspaceId} AND seq > ${after} ORDER BY seq LIMIT ${DELETE_ROWS}) HAVING count(*) > 0`,
    );
    if (!next || next.oldest >= before) return deleted;
    const result = await db.run(sql`DELETE FROM mcp_tool_calls
      WHERE workspace_id = ${workspaceId} AND seq > ${after} AND seq <= ${next.last} AND created_at < ${before}`);
    deleted += result.meta.changes;
    after = next.last;
  }
}

function conditions(filters: CallFilters): (SQL | undefined)[] {
  const { memberId, serverSlug, toolName, method, status, from, to, after } = filters;
  return [
    after === undefined ? undefined : gt(toolCalls.seq, after),
    memberId === undefined ? undefined : few(eq(toolCalls.memberId, memberId)),
    serverSlug === undefined ? undefined : few(eq(toolCalls.serverSlug, serverSlug)),
    toolName === undefined ? undefined : few(eq(toolCalls.toolName, toolName)),
    method === undefined ? undefined : eq(toolCalls.method, method),
    ...ofStatus(status),
    from === undefined ? undefined : gte(toolCalls.createdAt, from),
    to === undefined ? undefined : lt(toolCalls.createdAt, to),
  ];
}

/** Most calls end well: those that did not have an index, and the second condition is what it must hear to be used. */
function ofStatus(status: CallStatus | undefined): SQL[] {
  if (status === undefined) return [];
  const isStatus = eq(toolCalls.status, status);
  return status === "ok" ? [isStatus] : [few(isStatus), sql`${toolCalls.status} <> 'ok'`];
}

/** Tells SQLite, which knows nothing of the rows, to find them by this condition's index and not by walking through all. */
function few(condition: SQL): SQL {
  return sql`unlikely(${condition})`;
}
