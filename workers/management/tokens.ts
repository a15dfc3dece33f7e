import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { IssuedToken, Token } from "../contract/api/resources.ts";
import { TokenInput } from "../contract/rpc/commands.ts";
import { openDb } from "../db/database.ts";
import { listTokens } from "../db/workspaces.ts";
import type { ManagementEnv } from "./authorize.ts";
import { change, json, jsonBody, listOf, readErrors, refuse, writeErrors } from "./responses.ts";
import { toIssuedToken, toToken } from "./views.ts";

const tags = ["tokens"];
const params = z.object({ workspace: z.string() });
const tokenParams = z.object({ workspace: z.string(), token: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/tokens",
  tags,
  summary: "Tokens, revoked ones too, oldest first",
  request: { params },
  responses: { 200: json(listOf(Token), "The workspace's tokens"), ...readErrors },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/tokens",
  tags,
  summary: "Create a token; it is shown this once",
  request: { params, body: jsonBody(TokenInput) },
  responses: { 201: json(IssuedToken, "The new token"), ...writeErrors },
});

const rotate = createRoute({
  method: "post",
  path: "/{workspace}/tokens/{token}/rotate",
  tags,
  summary: "Give a token a new value; the old one is dead at once",
  request: { params: tokenParams },
  responses: { 200: json(IssuedToken, "The token's new value"), ...writeErrors },
});

const revoke = createRoute({
  method: "delete",
  path: "/{workspace}/tokens/{token}",
  tags,
  summary: "Revoke a token; it is dead at once and stays listed",
  request: { params: tokenParams },
  responses: { 204: { description: "It is revoked" }, ...writeErrors },
});

export const tokens = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const records = await listTokens(openDb(c.env.DB), c.var.workspace.id);
    return c.json({ items: records.map(toToken) }, 200);
  })
  .openapi(create, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.create",
      input: c.req.valid("json"),
    });
    return outcome.ok ? c.json(toIssuedToken(outcome.result), 201) : refuse(c, outcome.refusal);
  })
  .openapi(rotate, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.rotate",
      id: c.req.valid("param").token,
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
