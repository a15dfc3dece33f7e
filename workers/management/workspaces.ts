import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Workspace } from "../contract/api/resources.ts";
import { WorkspaceInput, WorkspacePatch } from "../contract/rpc/commands.ts";
import { errorBody } from "../http/error-responses.ts";
import type { ManagementEnv } from "./authorize.ts";
import { listOwnWorkspaces, mayCreateWorkspaces } from "./me-response.ts";
import { change, json, jsonBody, listOf, readErrors, refuse, writeErrors } from "./responses.ts";
import { toWorkspace } from "./views.ts";

const tags = ["workspaces"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "Workspaces, by slug",
  responses: { 200: json(listOf(Workspace), "The caller's workspaces"), ...readErrors },
});

const create = createRoute({
  method: "post",
  path: "/",
  tags,
  summary: "Create a workspace",
  request: { body: jsonBody(WorkspaceInput) },
  responses: { 201: json(Workspace, "The new workspace"), ...writeErrors },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}",
  tags,
  summary: "A workspace",
  request: { params },
  responses: { 200: json(Workspace, "The workspace"), ...readErrors },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}",
  tags,
  summary: "Change a workspace's name, enforcement, default access, limits or retention",
  request: { params, body: jsonBody(WorkspacePatch) },
  responses: { 200: json(Workspace, "The workspace as it is now"), ...writeErrors },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}",
  tags,
  summary:
    "Delete a workspace with its servers, members and tokens; its credentials cannot be recovered",
  request: { params, query: z.strictObject({ confirm: z.string().optional() }) },
  responses: { 204: { description: "It is deleted" }, ...writeErrors },
});

const CREATES_NONE = {
  code: "forbidden",
  message: "Only an owner of a workspace, or the first owner, may create another.",
} as const;

export const workspaces = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, principal } = c.var;
    const records = await listOwnWorkspaces(db, principal);
    return c.json({ items: records.map(toWorkspace) }, 200);
  })
  .openapi(create, async (c) => {
    const { db, principal } = c.var;
    if (!(await mayCreateWorkspaces(db, principal))) return refuse(c, CREATES_NONE);
    const input = c.req.valid("json");
    const user = principal?.kind === "person" ? principal.signedIn.user : null;
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
        errorBody("invalid", `confirm: add ?confirm=${slug} to delete this workspace for good.`),
        400,
      );
    }
    const outcome = await change(c, slug, { type: "workspace.delete" });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });
