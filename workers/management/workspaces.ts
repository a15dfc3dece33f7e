import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Workspace } from "../contract/api/resources.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import { WorkspaceInput, WorkspacePatch } from "../contract/rpc/commands.ts";
import type { Db } from "../db/database.ts";
import { listMemberships } from "../db/users.ts";
import { findWorkspaceById, listUserWorkspaces, listWorkspaces } from "../db/workspaces.ts";
import { errorBody } from "../http/error-responses.ts";
import { isLimited, reachesWorkspace } from "../identity/browser-sessions.ts";
import type { Caller } from "../identity/caller.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  jsonResponse,
  jsonBody,
  toListSchema,
  READ_ERRORS,
  refuse,
  WRITE_ERRORS,
} from "./responses.ts";
import { isActiveOwner } from "./signed-in-user.ts";
import { toWorkspace } from "./views.ts";

const tags = ["workspaces"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "List the caller's workspaces, by slug",
  responses: { 200: jsonResponse(toListSchema(Workspace), "The workspaces"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/",
  tags,
  summary: "Create a workspace",
  request: { body: jsonBody(WorkspaceInput) },
  responses: { 201: jsonResponse(Workspace, "The new workspace"), ...WRITE_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}",
  tags,
  summary: "Get a workspace",
  request: { params },
  responses: { 200: jsonResponse(Workspace, "The workspace"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}",
  tags,
  summary: "Change a workspace's name, enforcement, default access, limits or retention",
  request: { params, body: jsonBody(WorkspacePatch) },
  responses: { 200: jsonResponse(Workspace, "The updated workspace"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}",
  tags,
  summary:
    "Delete a workspace with its servers, members and tokens; stored credentials cannot be recovered",
  request: { params, query: z.strictObject({ confirm: z.string().optional() }) },
  responses: { 204: { description: "The workspace is deleted" }, ...WRITE_ERRORS },
});

const CANNOT_CREATE = {
  code: "forbidden",
  message: "Only owners of a workspace and the first owner can create workspaces. Ask one of them.",
} as const;

/** Routes for workspaces. */
export const workspaces = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const records = await listCallerWorkspaces(c.var.db, c.var.caller);
    return c.json({ items: records.map(toWorkspace) }, 200);
  })
  .openapi(create, async (c) => {
    const { db, caller } = c.var;
    if (!(await canCreateWorkspaces(db, caller))) return refuse(c, CANNOT_CREATE);
    const input = c.req.valid("json");
    const user = caller?.kind === "user" ? caller.session.user : null;
    const owner = user && { userId: user.id, name: user.name };
    const outcome = await change(c, input.slug, {
      type: "workspace.create",
      input,
      ...(owner ? { owner } : {}),
    });
    return outcome.ok
      ? c.json(toWorkspace(outcome.result.workspace), 201)
      : refuse(c, outcome.refusal);
  })
  .openapi(get, (c) => c.json(toWorkspace(c.var.workspace), 200))
  .openapi(update, async (c) => {
    const command = { type: "workspace.update", patch: c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok
      ? c.json(toWorkspace(outcome.result.workspace), 200)
      : refuse(c, outcome.refusal);
  })
  .openapi(remove, async (c) => {
    const { slug } = c.var.workspace;
    if (c.req.valid("query").confirm !== slug) {
      return c.json(
        errorBody("invalid", `confirm: add ?confirm=${slug} to delete this workspace permanently.`),
        400,
      );
    }
    const outcome = await change(c, slug, { type: "workspace.delete" });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });

/** Returns the workspaces that a caller has access to, by slug. */
async function listCallerWorkspaces(db: Db, caller: Caller | null): Promise<WorkspaceRecord[]> {
  switch (caller?.kind) {
    case "operator":
      return listWorkspaces(db);
    case "api-key": {
      const workspace = await findWorkspaceById(db, caller.key.workspaceId);
      return workspace ? [workspace] : [];
    }
    case "user": {
      const found = await listUserWorkspaces(db, caller.session.user.id);
      return found.filter(({ id }) => reachesWorkspace(caller.session, id));
    }
    case undefined:
      return [];
  }
}

/** The operator, users of a setup link and owners of a workspace can create workspaces. API keys cannot. */
async function canCreateWorkspaces(db: Db, caller: Caller | null): Promise<boolean> {
  if (caller?.kind === "operator") return true;
  if (caller?.kind !== "user" || isLimited(caller.session)) return false;
  const { user } = caller.session;
  if (user.isFounder) return true;
  return (await listMemberships(db, user.id)).some(isActiveOwner);
}
