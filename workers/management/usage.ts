import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  Refusals,
  RetentionPreview,
  Usage,
  UsageDimension,
  UsageOrder,
  UsageTotals,
  UsageTotalsDimension,
} from "../contract/api/usage.ts";
import { DAY_MS } from "../contract/units.ts";
import { countExpiringRows } from "../db/usage-figures.ts";
import { errorBody } from "../http/error-responses.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { openNames, openOwnNames } from "./caller-names.ts";
import { jsonResponse, READ_ERRORS, TIME_RANGE_QUERY } from "./responses.ts";
import { readUsage, toUsageRange } from "./usage-figures.ts";
import { readRefusals, readUsageTotals } from "./usage-totals.ts";

const tags = ["usage"];
const params = z.object({ workspace: z.string() });

const TimeQuery = z.strictObject({
  ...TIME_RANGE_QUERY,
  step: z
    .enum(["minute", "hour", "day"])
    .default("hour")
    .describe("from and to are rounded to whole steps"),
});
const toLimit = (most: number, byDefault: number) =>
  z.coerce.number().int().min(1).max(most).default(byDefault).meta({ type: "integer" });

const Query = TimeQuery.extend({
  by: UsageDimension.default("all"),
  name: z
    .string()
    .optional()
    .describe("Only this name: a server's slug, server_slug:tool_name or a member's id"),
  limit: toLimit(100, 10),
});
const TotalsQuery = TimeQuery.extend({
  by: UsageTotalsDimension,
  order: UsageOrder.default("calls"),
  server: z.string().optional().describe("Only calls of the server with this slug"),
  limit: toLimit(1_000, 100),
});
const RefusalsQuery = TimeQuery.extend({ limit: toLimit(1_000, 100) });

const get = createRoute({
  method: "get",
  path: "/{workspace}/usage",
  tags,
  summary: "Get calls, errors and latency over time: total, or by server, tool or member",
  request: { params, query: Query },
  responses: {
    200: jsonResponse(Usage, "Usage in whole minutes, hours or days (UTC)"),
    ...READ_ERRORS,
  },
});

const totals = createRoute({
  method: "get",
  path: "/{workspace}/usage/totals",
  tags,
  summary: "Get the figures of every server, tool, member or client in a time range",
  request: { params, query: TotalsQuery },
  responses: {
    200: jsonResponse(UsageTotals, "The figures; of clients, those of the newest 50,000 calls"),
    ...READ_ERRORS,
  },
});

const refusals = createRoute({
  method: "get",
  path: "/{workspace}/usage/refusals",
  tags,
  summary: "Get the refused calls of a time range by member, tool and reason",
  request: { params, query: RefusalsQuery },
  responses: { 200: jsonResponse(Refusals, "The refused calls, the most first"), ...READ_ERRORS },
});

const retention = createRoute({
  method: "get",
  path: "/{workspace}/retention-preview",
  tags: ["workspaces"],
  summary: "Count the rows of the audit log that are older than a number of days",
  request: {
    params,
    query: z.strictObject({
      days: z.coerce.number().int().min(1).max(90).meta({ type: "integer" }),
    }),
  },
  responses: {
    200: jsonResponse(RetentionPreview, "What a retention of this many days deletes"),
    ...READ_ERRORS,
  },
});

const getMine = createRoute({
  method: "get",
  path: "/{workspace}/me/usage",
  tags: ["me"],
  summary: "Get your calls, errors and latency over time",
  request: { params, query: TimeQuery },
  responses: { 200: jsonResponse(Usage, "Your usage"), ...READ_ERRORS },
});

const getMyTotals = createRoute({
  method: "get",
  path: "/{workspace}/me/usage/totals",
  tags: ["me"],
  summary: "Get the figures of your calls of every server or tool, or with every client",
  request: {
    params,
    query: TotalsQuery.extend({ by: UsageTotalsDimension.exclude(["member"]) }),
  },
  responses: { 200: jsonResponse(UsageTotals, "Your figures"), ...READ_ERRORS },
});

const getMyRefusals = createRoute({
  method: "get",
  path: "/{workspace}/me/usage/refusals",
  tags: ["me"],
  summary: "Get your refused calls by tool and reason",
  request: { params, query: RefusalsQuery },
  responses: { 200: jsonResponse(Refusals, "Your refused calls"), ...READ_ERRORS },
});

/** Routes for usage figures. */
export const usage = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => {
    const { by, name, limit, ...time } = c.req.valid("query");
    const range = toUsageRange(time, Date.now());
    if (!range) return c.json(invalidRange(), 400);
    return c.json(await readUsage(c, openNames(c), range, { by, name, limit }), 200);
  })
  .openapi(totals, async (c) => {
    const { by, order, limit, server: serverSlug, ...time } = c.req.valid("query");
    const range = toUsageRange(time, Date.now());
    if (!range) return c.json(invalidRange(), 400);
    const query = { by, order, limit, serverSlug };
    return c.json(await readUsageTotals(c, openNames(c), range, query), 200);
  })
  .openapi(refusals, async (c) => {
    const { limit, ...time } = c.req.valid("query");
    const range = toUsageRange(time, Date.now());
    if (!range) return c.json(invalidRange(), 400);
    return c.json(await readRefusals(c, openNames(c), range, { limit }), 200);
  })
  .openapi(retention, async (c) => {
    const before = Date.now() - c.req.valid("query").days * DAY_MS;
    return c.json(await countExpiringRows(c.var.db, c.var.workspace.id, before), 200);
  })
  .openapi(getMine, async (c) => {
    const range = toUsageRange(c.req.valid("query"), Date.now());
    if (!range) return c.json(invalidRange(), 400);
    const filter = { by: "member", name: requireMemberId(c), limit: 1 } as const;
    return c.json(await readUsage(c, await openOwnNames(c), range, filter), 200);
  })
  .openapi(getMyTotals, async (c) => {
    const { by, order, limit, server: serverSlug, ...time } = c.req.valid("query");
    const range = toUsageRange(time, Date.now());
    if (!range) return c.json(invalidRange(), 400);
    const query = { by, order, limit, serverSlug, memberId: requireMemberId(c) };
    return c.json(await readUsageTotals(c, await openOwnNames(c), range, query), 200);
  })
  .openapi(getMyRefusals, async (c) => {
    const { limit, ...time } = c.req.valid("query");
    const range = toUsageRange(time, Date.now());
    if (!range) return c.json(invalidRange(), 400);
    const query = { limit, memberId: requireMemberId(c) };
    return c.json(await readRefusals(c, await openOwnNames(c), range, query), 200);
  });

function invalidRange() {
  const message =
    "from, to: use a start before the end, and at most 3 hours by the minute, 8 days by the hour or 92 days by the day.";
  return errorBody("invalid", message);
}
