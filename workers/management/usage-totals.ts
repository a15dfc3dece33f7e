import type { Context } from "hono";
import type {
  Refusals,
  UsageOrder,
  UsageTotal,
  UsageTotals,
  UsageTotalsDimension,
} from "../contract/api/usage.ts";
import type { Names } from "../db/names.ts";
import {
  listClientTotals,
  listRefusals,
  listUsageTotals,
  type UsageTotalRow,
} from "../db/usage-figures.ts";
import type { UsageFilter, UsageRange } from "../db/usage-range.ts";
import type { ManagementEnv } from "./authorize.ts";
import { nameRows } from "./named-rows.ts";
import { toFigures } from "./usage-figures.ts";

/** Clients are not part of the sums of usage: they are counted from the newest calls of a range. */
const MAX_CLIENT_CALLS = 50_000;
/** Of each kind of refusal, the newest rows that are read. */
const MAX_REFUSAL_ROWS = 20_000;

interface TotalsQuery extends UsageFilter {
  by: UsageTotalsDimension;
  order: UsageOrder;
  limit: number;
}

/** Returns the figures of each server, tool, member or client in a range. */
export async function readUsageTotals(
  c: Context<ManagementEnv>,
  names: Names,
  range: UsageRange,
  { by, order, limit, ...filter }: TotalsQuery,
): Promise<UsageTotals> {
  const { db, workspace } = c.var;
  const { stepMs, from, to } = range;
  const { rows, since } =
    by === "client"
      ? await listClientTotals(db, workspace.id, range, filter, MAX_CLIENT_CALLS)
      : {
          rows: await listUsageTotals(db, workspace.id, by, range, filter),
          since: from * stepMs,
        };
  const totals = rows.map(toTotal).toSorted((a, b) => compare(a, b, order));
  const items = totals.slice(0, limit);
  return {
    from: from * stepMs,
    to: to * stepMs,
    since,
    items: await nameRows(names, items),
    names: totals.length,
  };
}

/** Returns the refused calls of a range by member, tool and reason. */
export async function readRefusals(
  c: Context<ManagementEnv>,
  names: Names,
  { stepMs, from, to }: UsageRange,
  { limit, ...filter }: UsageFilter & { limit: number },
): Promise<Refusals> {
  const time = { from: from * stepMs, to: to * stepMs };
  const rows = await listRefusals(c.var.db, c.var.workspace.id, time, filter, MAX_REFUSAL_ROWS);
  const items = await nameRows(names, rows.slice(0, limit));
  return { ...time, items, names: rows.length };
}

type UnnamedTotal = Omit<UsageTotal, "memberName" | "hasMemberLeft" | "serverName">;

function toTotal({ people, lastCalledAt, ...row }: UsageTotalRow): UnnamedTotal {
  // The sums have '' where the calls have null.
  return {
    serverSlug: row.serverSlug || null,
    toolName: row.toolName || null,
    memberId: row.memberId || null,
    clientName: row.clientName || null,
    clientVersion: row.clientVersion || null,
    total: toFigures([row]),
    people,
    lastCalledAt,
  };
}

function compare(
  { total: a }: UnnamedTotal,
  { total: b }: UnnamedTotal,
  order: UsageOrder,
): number {
  const first = order === "latency" ? (b.p95Ms ?? 0) - (a.p95Ms ?? 0) : b[order] - a[order];
  return first || b.calls - a.calls;
}
