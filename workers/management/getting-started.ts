import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { GettingStarted, GettingStartedPatch } from "../contract/api/getting-started.ts";
import { readGettingStarted, saveDismissal } from "../db/getting-started.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { jsonBody, jsonResponse, READ_ERRORS, WRITE_ERRORS } from "./responses.ts";
import { ROLES } from "./roles.ts";

const tags = ["me"];
const params = z.object({ workspace: z.string() });
const path = "/{workspace}/me/getting-started";

const get = createRoute({
  method: "get",
  path,
  tags,
  summary: "Get which first steps have been taken in a workspace",
  request: { params },
  responses: { 200: jsonResponse(GettingStarted, "The first steps"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path,
  tags,
  summary: "Dismiss the first steps for yourself, or show them again",
  request: { params, body: jsonBody(GettingStartedPatch) },
  responses: { 200: jsonResponse(GettingStarted, "The first steps"), ...WRITE_ERRORS },
});

/** Routes for the first steps in a workspace. */
export const gettingStarted = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => c.json(await read(c), 200))
  .openapi(update, async (c) => {
    await saveDismissal(c.var.db, requireMemberId(c), c.req.valid("json").isDismissed);
    return c.json(await read(c), 200);
  });

/** Owners and admins get the workspace's state; for others, tokens are their own. */
function read(c: Context<ManagementEnv>): Promise<GettingStarted> {
  const { db, workspace, role } = c.var;
  const manages = role !== null && ROLES["server.manage"].includes(role);
  return readGettingStarted(db, workspace.id, requireMemberId(c), !manages);
}
