import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { IssuedToken, TokenSummary, WorkspaceToken } from "../contract/api/resources.ts";
import { TokenInput, TokenPatch } from "../contract/rpc/commands.ts";
import { findTokenCreators } from "../db/token-creators.ts";
import { listTokens } from "../db/workspaces.ts";
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
import { toIssuedToken, toToken } from "./views.ts";

const tags = ["tokens"];
const params = z.object({ workspace: z.string() });
const tokenParams = z.object({ workspace: z.string(), token: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/tokens",
  tags,
  summary: "List tokens with who made them, including revoked tokens, oldest first",
  request: { params },
  responses: {
    200: jsonResponse(toListSchema(WorkspaceToken), "The workspace's tokens"),
    ...READ_ERRORS,
  },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/tokens",
  tags,
  summary: "Create a token; only this response contains it",
  request: { params, body: jsonBody(TokenInput) },
  responses: { 201: jsonResponse(IssuedToken, "The new token"), ...WRITE_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/tokens/{token}",
  tags,
  summary: "Change a token's label, or the tools to which it is narrowed; its value stays",
  request: { params: tokenParams, body: jsonBody(TokenPatch) },
  responses: { 200: jsonResponse(TokenSummary, "The changed token"), ...WRITE_ERRORS },
});

const rotate = createRoute({
  method: "post",
  path: "/{workspace}/tokens/{token}/rotate",
  tags,
  summary: "Replace a token's value; the old value stops working immediately",
  request: { params: tokenParams },
  responses: { 200: jsonResponse(IssuedToken, "The token with its new value"), ...WRITE_ERRORS },
});

const revoke = createRoute({
  method: "delete",
  path: "/{workspace}/tokens/{token}",
  tags,
  summary: "Revoke a token; it stops working immediately and stays in the list",
  request: { params: tokenParams },
  responses: { 204: { description: "The token is revoked" }, ...WRITE_ERRORS },
});

/** Routes for a workspace's tokens. */
export const tokens = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    const records = await listTokens(db, workspace.id);
    const creators = await findTokenCreators(db, workspace.id);
    const items = records.map((record) => ({
      ...toToken(record),
      creator: creators.get(record.createdBy ?? "") ?? null,
    }));
    return c.json({ items }, 200);
  })
  .openapi(create, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.create",
      input: c.req.valid("json"),
      callerRole: c.var.role ?? undefined,
      person: c.var.person,
    });
    return outcome.ok ? c.json(toIssuedToken(outcome.result), 201) : refuse(c, outcome.refusal);
  })
  .openapi(update, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.update",
      id: c.req.valid("param").token,
      patch: c.req.valid("json"),
      callerRole: c.var.role ?? undefined,
    });
    return outcome.ok ? c.json(toToken(outcome.result.record), 200) : refuse(c, outcome.refusal);
  })
  .openapi(rotate, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.rotate",
      id: c.req.valid("param").token,
      callerRole: c.var.role ?? undefined,
      person: c.var.person,
    });
    return outcome.ok ? c.json(toIssuedToken(outcome.result), 200) : refuse(c, outcome.refusal);
  })
  .openapi(revoke, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.revoke",
      id: c.req.valid("param").token,
    });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });
