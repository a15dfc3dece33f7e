import { and, sql } from "drizzle-orm";
import type { CallStatus } from "../contract/records/audit.ts";
import { toConditions, type CallFilters } from "./call-filters.ts";
import type { Db } from "./database.ts";
import { toolCalls } from "./schema.ts";

/** Most combinations of values that are read. */
const MAX_COMBINATIONS = 10_000;

/** The number of calls of one status in one step; `step` from 0. */
export interface StepCount {
  step: number;
  status: CallStatus;
  calls: number;
}

/** Counts the calls that match, by step and by status. `steps`: their length, and the start of the first one, epoch ms. */
export async function countCallsByStep(
  db: Db,
  workspaceId: string,
  filters: CallFilters,
  steps: { from: number; stepMs: number },
): Promise<StepCount[]> {
  // Literals, because D1 binds every number as floating-point, and a division must yield an integer.
  const [from, step] = [steps.from, steps.stepMs].map((value) => sql.raw(String(value)));
  return db.all<StepCount>(
    sql`SELECT (created_at - ${from}) / ${step} AS step, status, sum(count) AS calls FROM ${toolCalls}
      WHERE ${and(...toConditions(workspaceId, filters))} GROUP BY 1, 2`,
  );
}

/** Returns the times (epoch ms) of the workspace's first and last call, or of a member's; null: there is none. */
export async function findCallTimes(
  db: Db,
  workspaceId: string,
  memberId: string | undefined,
): Promise<{ firstAt: number | null; lastAt: number | null }> {
  const calls = sql`FROM ${toolCalls} WHERE ${and(...toConditions(workspaceId, { memberId }))}`;
  const row = await db.get<{ firstAt: number | null; lastAt: number | null }>(
    sql`SELECT (SELECT created_at ${calls} ORDER BY seq LIMIT 1) AS firstAt,
      (SELECT created_at ${calls} ORDER BY seq DESC LIMIT 1) AS lastAt`,
  );
  return row;
}

/** Values that occur together in calls. */
export interface CallValues {
  memberId: string | null;
  tokenId: string | null;
  serverSlug: string | null;
  method: string;
  errorCode: string | null;
  rule: string | null;
  clientName: string | null;
  clientVersion: string | null;
}

/** Returns the combinations of values in the calls that match. */
export async function listCallValues(
  db: Db,
  workspaceId: string,
  filters: CallFilters,
): Promise<CallValues[]> {
  const { memberId, tokenId, serverSlug, method } = toolCalls;
  const { errorCode, rule, clientName, clientVersion } = toolCalls;
  const selected = {
    memberId,
    tokenId,
    serverSlug,
    method,
    errorCode,
    rule,
    clientName,
    clientVersion,
  };
  return db
    .selectDistinct(selected)
    .from(toolCalls)
    .where(and(...toConditions(workspaceId, filters)))
    .limit(MAX_COMBINATIONS);
}
