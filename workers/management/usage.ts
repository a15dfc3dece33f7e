import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Usage, UsageDimension } from "../contract/api/usage.ts";
import { errorBody } from "../http/error-responses.ts";
import type { ManagementEnv } from "./authorize.ts";
import { ownMemberOf } from "./me-in-workspace.ts";
import { json, readErrors, timeRange } from "./responses.ts";
import { readUsage, toRange } from "./usage-figures.ts";

const tags = ["usage"];
const params = z.object({ workspace: z.string() });

const Query = z.strictObject({
  ...timeRange,
  step: z.enum(["hour", "day"]).default("hour"),
  by: UsageDimension.default("all"),
  name: z.string().optional().describe("Only this one: a slug, server_slug:tool_name or member id"),
  limit: z.coerce.number().int().min(1).max(100).default(10).meta({ type: "integer" }),
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/usage",
  tags,
  summary: "Calls, errors and latency over time, in all or by server, tool or member",
  request: { params, query: Query },
  responses: { 200: json(Usage, "Usage by whole hours or days, in UTC"), ...readErrors },
});

const getOwn = createRoute({
  method: "get",
  path: "/{workspace}/me/usage",
  tags,
  summary: "One's own calls, errors and latency over time",
  request: { params, query: Query.pick({ from: true, to: true, step: true }) },
  responses: { 200: json(Usage, "One's own usage"), ...readErrors },
});

export const usage = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => {
    const { by, name, limit, ...time } = c.req.valid("query");
    const range = toRange(time, Date.now());
    if (!range) return c.json(errorBody("invalid", BAD_RANGE), 400);
    return c.json(await readUsage(c.var.db, c.var.workspace.id, range, { by, name, limit }), 200);
  })
  .openapi(getOwn, async (c) => {
    const range = toRange(c.req.valid("query"), Date.now());
    if (!range) return c.json(errorBody("invalid", BAD_RANGE), 400);
    const only = { by: "member", name: ownMemberOf(c), limit: 1 } as const;
    return c.json(await readUsage(c.var.db, c.var.workspace.id, range, only), 200);
  });

const BAD_RANGE =
  "from and to: ask for at most 8 days by the hour or 92 by the day, and a beginning before the end.";
