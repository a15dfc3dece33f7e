import { eq, gt, gte, lt, lte, sql, type SQL } from "drizzle-orm";
import type { CallStatus } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { toolCalls } from "./schema.ts";

/** More rows than can lie between two calls whose numbers are not in the order of their times. */
const DISORDERED_ROWS = 200;

/** Filters for a list of calls. A call must match all that are defined. */
export interface CallFilters {
  memberId?: string | undefined;
  tokenId?: string | undefined;
  serverSlug?: string | undefined;
  tools?: NamedTools | undefined;
  method?: string | undefined;
  status?: CallStatus | undefined;
  errorCode?: string | undefined;
  rule?: string | undefined;
  clientName?: string | undefined;
  clientVersion?: string | undefined;
  /** Epoch ms, inclusive. */
  from?: number | undefined;
  /** Epoch ms, exclusive. */
  to?: number | undefined;
  /** Only calls with a greater sequence number. */
  after?: number | undefined;
  /** Only calls with this sequence number or a smaller one. */
  upTo?: number | undefined;
}

/** Tools and prompts: all of these names, and those of these servers, as `server_slug:name`. */
export interface NamedTools {
  names: string[];
  keys: string[];
}

/** The conditions of filters on the calls of a workspace. */
export function toConditions(workspaceId: string, filters: CallFilters): (SQL | undefined)[] {
  const { memberId, serverSlug, tools, status, errorCode, from, to } = filters;
  const when = (column: typeof toolCalls.method | typeof toolCalls.rule, value?: string) =>
    value === undefined ? undefined : eq(column, value);
  return [
    eq(toolCalls.workspaceId, workspaceId),
    filters.after === undefined ? undefined : gt(toolCalls.seq, filters.after),
    filters.upTo === undefined ? undefined : lte(toolCalls.seq, filters.upTo),
    memberId === undefined ? undefined : preferIndex(eq(toolCalls.memberId, memberId)),
    serverSlug === undefined ? undefined : preferIndex(eq(toolCalls.serverSlug, serverSlug)),
    tools && toToolCondition(tools),
    when(toolCalls.method, filters.method),
    when(toolCalls.rule, filters.rule),
    filters.tokenId === undefined ? undefined : eq(toolCalls.tokenId, filters.tokenId),
    filters.clientName === undefined ? undefined : eq(toolCalls.clientName, filters.clientName),
    filters.clientVersion === undefined
      ? undefined
      : eq(toolCalls.clientVersion, filters.clientVersion),
    errorCode === undefined ? undefined : eq(toolCalls.errorCode, errorCode),
    ...toStatusConditions(status, errorCode !== undefined),
    ...toTimeConditions(workspaceId, from, to),
  ];
}

/**
 * A time range, also as a range of sequence numbers, which follow time: a search that finds few rows then stops at the
 * range's beginning, and does not read all older rows. Calls that arrive at the same time can get their numbers in another
 * order.
 */
function toTimeConditions(
  workspaceId: string,
  from: number | undefined,
  to: number | undefined,
): SQL[] {
  const { createdAt, seq } = toolCalls;
  return [
    ...(from === undefined
      ? []
      : [gte(createdAt, from), gte(seq, findLowestSeq(workspaceId, from))]),
    ...(to === undefined ? [] : [lt(createdAt, to), lt(seq, findHighestSeq(workspaceId, to))]),
  ];
}

/** A number that no call from an instant (epoch ms) on is below. */
export function findLowestSeq(workspaceId: string, at: number): SQL {
  return sql`(${findFirstSeq(workspaceId, at)} - ${DISORDERED_ROWS})`;
}

/** A number that all calls from before an instant (epoch ms) are below. */
export function findHighestSeq(workspaceId: string, at: number): SQL {
  return sql`(${findFirstSeq(workspaceId, at)} + ${DISORDERED_ROWS})`;
}

/** The number of the first call from an instant on, by a binary search: there is no index of times. */
function findFirstSeq(workspaceId: string, at: number): SQL {
  const ofWorkspace = sql`FROM mcp_tool_calls WHERE workspace_id = ${workspaceId}`;
  return sql`(WITH RECURSIVE search(low, high) AS (
    SELECT (SELECT min(seq) ${ofWorkspace}), (SELECT max(seq) ${ofWorkspace}) + 1
    UNION ALL
    SELECT iif(middle.created_at < ${at}, middle.seq + 1, low), iif(middle.created_at < ${at}, high, (low + high) / 2)
    FROM search JOIN mcp_tool_calls AS middle ON middle.workspace_id = ${workspaceId}
      AND middle.seq = (SELECT seq ${ofWorkspace} AND seq >= (low + high) / 2 ORDER BY seq LIMIT 1)
    WHERE low < high)
    SELECT coalesce((SELECT min(seq) ${ofWorkspace} AND seq >= (SELECT max(low) FROM search)), max(low), 0) FROM search)`;
}

/** One name has an index in the order of the list. Several names are looked for in that order, within the time range. */
function toToolCondition({ names, keys }: NamedTools): SQL {
  const [name] = names;
  if (names.length + keys.length === 0) return sql`0`;
  if (name !== undefined && names.length === 1 && keys.length === 0)
    return preferIndex(eq(toolCalls.toolName, name));
  return sql`(${toolCalls.toolName} IN (SELECT value FROM json_each(${JSON.stringify(names)}))
    OR ${toolCalls.serverSlug} || ':' || ${toolCalls.toolName} IN (SELECT value FROM json_each(${JSON.stringify(keys)})))`;
}

/**
 * Rows that are not ok have a partial index. SQLite uses it only if the query repeats its condition `status <> 'ok'`.
 */
function toStatusConditions(status: CallStatus | undefined, hasError: boolean): SQL[] {
  if (status === undefined) return hasError ? [sql`${toolCalls.status} <> 'ok'`] : [];
  const isStatus = eq(toolCalls.status, status);
  return status === "ok" ? [isStatus] : [preferIndex(isStatus), sql`${toolCalls.status} <> 'ok'`];
}

/** Tells SQLite, which has no statistics here, that few rows match: it then uses the condition's index, not a scan. */
function preferIndex(condition: SQL): SQL {
  return sql`unlikely(${condition})`;
}

/** Returns the different names of tools and prompts in the workspace's calls. */
export async function listCalledTools(db: Db, workspaceId: string): Promise<string[]> {
  // A step of the index for each name, instead of a step for each call.
  const next = (after: SQL) =>
    sql`SELECT min(tool_name) FROM mcp_tool_calls WHERE workspace_id = ${workspaceId} AND tool_name > ${after}`;
  const rows = await db.all<{ name: string }>(
    sql`WITH RECURSIVE called(name) AS (SELECT (${next(sql`''`)})
        UNION ALL SELECT (${next(sql`called.name`)}) FROM called WHERE name IS NOT NULL)
      SELECT name FROM called WHERE name IS NOT NULL`,
  );
  return rows.map(({ name }) => name);
}
