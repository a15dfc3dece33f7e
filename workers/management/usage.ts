import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Usage, UsageDimension } from "../contract/api/usage.ts";
import { errorBody } from "../http/error-responses.ts";
import type { ManagementEnv } from "./authorize.ts";
import { requireMemberId } from "./me-in-workspace.ts";
import { jsonResponse, READ_ERRORS, TIME_RANGE_QUERY } from "./responses.ts";
import { readUsage, toUsageRange } from "./usage-figures.ts";

const tags = ["usage"];
const params = z.object({ workspace: z.string() });

const Query = z.strictObject({
  ...TIME_RANGE_QUERY,
  step: z.enum(["hour", "day"]).default("hour"),
  by: UsageDimension.default("all"),
  name: z
    .string()
    .optional()
    .describe("Only this name: a server's slug, server_slug:tool_name or a member's id"),
  limit: z.coerce.number().int().min(1).max(100).default(10).meta({ type: "integer" }),
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/usage",
  tags,
  summary: "Get calls, errors and latency over time: total, or by server, tool or member",
  request: { params, query: Query },
  responses: { 200: jsonResponse(Usage, "Usage in whole hours or days (UTC)"), ...READ_ERRORS },
});

const getMine = createRoute({
  method: "get",
  path: "/{workspace}/me/usage",
  tags: ["me"],
  summary: "Get your calls, errors and latency over time",
  request: { params, query: Query.pick({ from: true, to: true, step: true }) },
  responses: { 200: jsonResponse(Usage, "Your usage"), ...READ_ERRORS },
});

/** Routes for usage figures. */
export const usage = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => {
    const { by, name, limit, ...time } = c.req.valid("query");
    const range = toUsageRange(time, Date.now());
    if (!range) return c.json(errorBody("invalid", INVALID_RANGE), 400);
    return c.json(await readUsage(c.var.db, c.var.workspace.id, range, { by, name, limit }), 200);
  })
  .openapi(getMine, async (c) => {
    const range = toUsageRange(c.req.valid("query"), Date.now());
    if (!range) return c.json(errorBody("invalid", INVALID_RANGE), 400);
    const filter = { by: "member", name: requireMemberId(c), limit: 1 } as const;
    return c.json(await readUsage(c.var.db, c.var.workspace.id, range, filter), 200);
  });

const INVALID_RANGE =
  "from, to: use a start before the end, and at most 8 days by the hour or 92 days by the day.";
