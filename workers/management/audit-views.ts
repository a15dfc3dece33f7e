import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { AuditView, AuditViewInput } from "../contract/api/audit-views.ts";
import { newId } from "../crypto/ids.ts";
import { deleteView, insertView, listViews } from "../db/saved-views.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["me"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/me/audit-views",
  tags,
  summary: "List your saved views of the audit log, oldest first",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(AuditView), "Your views"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/me/audit-views",
  tags,
  summary: "Save a view of the audit log for yourself",
  request: { params, body: jsonBody(AuditViewInput) },
  responses: { 201: jsonResponse(AuditView, "The saved view"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/me/audit-views/{view}",
  tags,
  summary: "Delete a saved view of yours",
  request: { params: params.extend({ view: z.string() }) },
  responses: { 204: { description: "The view is deleted" }, ...WRITE_ERRORS },
});

const TOO_MANY = {
  code: "conflict",
  message: "You have saved as many views as there can be: delete one.",
} as const;

/** Routes for the views of the audit log that a member has saved. */
export const auditViews = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    return c.json({ items: await listViews(c.var.db, requireMemberId(c)) }, 200);
  })
  .openapi(create, async (c) => {
    const view = { ...c.req.valid("json"), id: newId("viw"), createdAt: Date.now() };
    const isStored = await insertView(c.var.db, requireMemberId(c), view);
    return isStored ? c.json(view, 201) : refuse(c, TOO_MANY);
  })
  .openapi(remove, async (c) => {
    await deleteView(c.var.db, requireMemberId(c), c.req.valid("param").view);
    return c.body(null, 204);
  });
