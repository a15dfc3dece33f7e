import { and, desc, eq, getTableColumns, lt, max, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { CallRow, CallOutcome } from "../contract/records/audit.ts";
import { readOutcomes } from "../contract/records/outcome-rows.ts";
import { toConditions, type CallFilters } from "./call-filters.ts";
import type { Db } from "./database.ts";
import { selectField, toOutcomeRows } from "./outcome-rows.ts";
import { DELETE_ROWS, type QueryBudget } from "./query-budget.ts";
import { raiseRefusalBursts, raiseUnknownClients } from "./raise-alert.ts";
import { toolCalls, tokens } from "./schema.ts";
import { addUsage } from "./usage.ts";

/** D1 allows 1,000 queries per Worker invocation: an export is limited to about five million rows. */
const EXPORT_PAGE_ROWS = 5_000;

const columns = Object.entries(getTableColumns(toolCalls));
const fromExcluded = Object.fromEntries(
  columns
    .filter(([name]) => name !== "id")
    .map(([name, column]) => [name, sql.raw(`excluded.${column.name}`)]),
);

/** Call outcomes of one workspace, from `encodeOutcomes`; at most 2 MB. */
export interface WorkspaceOutcomes {
  workspaceId: string;
  outcomes: string;
}

/**
 * Stores audit rows of workspaces in one batch, all or none, adds them to the usage and updates the last use of their
 * tokens. An existing row changes only if its status is `unknown`, or if the new one counts more refusals.
 */
export async function insertCallRows(db: Db, parts: WorkspaceOutcomes[]): Promise<void> {
  const [first, ...rest] = parts.flatMap((part) => toStatements(db, part));
  if (first) await db.batch([first, ...rest]);
}

/** All rows fit into one parameter, while an insert of values would be limited to seven rows. */
function toStatements(db: Db, { workspaceId, outcomes }: WorkspaceOutcomes): BatchItem<"sqlite">[] {
  const insertRows = db
    .insert(toolCalls)
    .select(
      sql`WITH ${toOutcomeRows(outcomes)} SELECT ${toTableRow(workspaceId)} FROM rows WHERE true`,
    )
    .onConflictDoUpdate({
      target: [toolCalls.workspaceId, toolCalls.seq],
      set: fromExcluded,
      setWhere: sql`${toolCalls.status} = 'unknown' OR excluded.count > ${toolCalls.count}`,
    });
  const lastUses = sql`(SELECT key AS token_id, value ->> 0 AS used_at, value ->> 1 AS client_name,
    value ->> 2 AS client_version FROM json_each(${JSON.stringify(findLastUses(outcomes))})) AS uses`;
  const isNewer = sql`used_at >= coalesce(${tokens.lastUsedAt}, 0)`;
  const touchTokens = db
    .update(tokens)
    .set({
      lastUsedAt: sql`max(coalesce(${tokens.lastUsedAt}, 0), used_at)`,
      lastClientName: sql`CASE WHEN ${isNewer} THEN client_name ELSE ${tokens.lastClientName} END`,
      lastClientVersion: sql`CASE WHEN ${isNewer} THEN client_version ELSE ${tokens.lastClientVersion} END`,
    })
    .from(lastUses)
    .where(sql`${tokens.id} = uses.token_id`);
  // Usage comes before the insert: it counts only rows that are not stored yet.
  return [
    touchTokens,
    addUsage(db, workspaceId, outcomes),
    insertRows,
    ...toAlerts(db, workspaceId, outcomes),
  ];
}

/**
 * Maps a row of `toOutcomeRows` to the table's columns, in the schema's order, as an insert from a select needs them.
 */
function toTableRow(workspaceId: string): SQL {
  const values = columns.map(([name]) => {
    if (name === "id") return sql`${workspaceId} || ':' || (${selectField("seq")})`;
    if (name === "count") return sql`coalesce(${selectField("count")}, 1)`;
    // A cast: every column except these two is a field of an outcome.
    return name === "workspaceId" ? sql`${workspaceId}` : selectField(name as keyof CallOutcome);
  });
  return sql.join(values, sql`, `);
}

/** The statements that tell of unknown clients and of bursts of refusals, where the rows can have any. */
function toAlerts(db: Db, workspaceId: string, outcomes: string): BatchItem<"sqlite">[] {
  const clients = new Map<string, { name: string; tokenId: string }>();
  let at = 0;
  let hasRefusals = false;
  for (const row of readOutcomes(outcomes, ["status", "tokenId", "clientName", "createdAt"])) {
    const { clientName: name, tokenId } = row;
    if (name !== null && tokenId !== null && !clients.has(name))
      clients.set(name, { name, tokenId });
    at = Math.max(at, row.createdAt);
    hasRefusals ||= row.status === "blocked";
  }
  return [
    ...(clients.size > 0 ? raiseUnknownClients(db, workspaceId, [...clients.values()], at) : []),
    ...(hasRefusals ? [raiseRefusalBursts(db, workspaceId, at)] : []),
  ];
}

type LastUse = [usedAt: number, clientName: string | null, clientVersion: string | null];

/** Returns the last use of each token, by token id. */
function findLastUses(outcomes: string): Record<string, LastUse> {
  const uses: Record<string, LastUse> = {};
  const rows = readOutcomes(outcomes, ["tokenId", "createdAt", "clientName", "clientVersion"]);
  for (const { tokenId, createdAt, clientName, clientVersion } of rows) {
    if (tokenId !== null && createdAt >= (uses[tokenId]?.[0] ?? 0))
      uses[tokenId] = [createdAt, clientName, clientVersion];
  }
  return uses;
}

/** Returns the highest sequence number among a workspace's rows; 0: it has no rows. */
export async function findLastCallSeq(db: Db, workspaceId: string): Promise<number> {
  const rows = await db
    .select({ seq: max(toolCalls.seq) })
    .from(toolCalls)
    .where(eq(toolCalls.workspaceId, workspaceId));
  return rows[0]?.seq ?? 0;
}

/** Returns calls that match, newest first; `before`: only those with a smaller sequence number. */
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
        before === null ? undefined : lt(toolCalls.seq, before),
        ...toConditions(workspaceId, filters),
      ),
    )
    .orderBy(desc(toolCalls.seq))
    .limit(limit);
}

/** Yields all calls that match, newest first, in pages. */
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
 * Deletes the workspace's calls from before an instant (epoch ms), in steps, and returns their number. Sequence numbers
 * follow time: it deletes from the lowest number on and stops at the first block of rows that are all newer.
 */
export async function deleteExpiredCalls(
  db: Db,
  workspaceId: string,
  before: number,
  budget: QueryBudget,
): Promise<number> {
  let deleted = 0;
  for (let after = 0; await budget.take(2);) {
    const block = await db.get<{ last: number; oldest: number } | undefined>(
      sql`SELECT max(seq) AS last, min(created_at) AS oldest FROM (SELECT seq, created_at FROM mcp_tool_calls
        WHERE workspace_id = ${workspaceId} AND seq > ${after} ORDER BY seq LIMIT ${DELETE_ROWS}) HAVING count(*) > 0`,
    );
    if (!block || block.oldest >= before) break;
    const result = await db.run(sql`DELETE FROM mcp_tool_calls
      WHERE workspace_id = ${workspaceId} AND seq > ${after} AND seq <= ${block.last} AND created_at < ${before}`);
    deleted += result.meta.changes;
    after = block.last;
  }
  return deleted;
}
