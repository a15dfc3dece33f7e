import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Health } from "../contract/api/resources.ts";
import { listChecks } from "../db/checks.ts";
import { openDb } from "../db/database.ts";
import { findServer } from "../db/workspaces.ts";
import type { ManagementEnv } from "./authorize.ts";
import { json, notFound, paging, readErrors, toPage, toPosition } from "./responses.ts";

const get = createRoute({
  method: "get",
  path: "/{workspace}/health",
  tags: ["health"],
  summary: "The servers' state by their last check; with `server`, that one's with its history",
  request: {
    params: z.object({ workspace: z.string() }),
    query: z.strictObject({ server: z.string().optional(), ...paging }),
  },
  responses: { 200: json(Health, "The state of servers"), ...readErrors },
});

export const health = new OpenAPIHono<ManagementEnv>().openapi(get, async (c) => {
  const { server: slug, cursor, limit } = c.req.valid("query");
  const states = await c.env.WORKSPACES.getByName(c.var.workspace.slug).listServerHealth();
  if (slug === undefined) return c.json({ items: states, history: [], nextCursor: null }, 200);

  const db = openDb(c.env.DB);
  const server = await findServer(db, c.var.workspace.id, slug);
  if (!server) return notFound(c, "server");
  const checks = await listChecks(db, server.id, toPosition(cursor), limit);
  const { items: history, nextCursor } = toPage(checks, limit, ({ checkedAt }) => checkedAt);
  return c.json({ items: states.filter((state) => state.slug === slug), history, nextCursor }, 200);
});
