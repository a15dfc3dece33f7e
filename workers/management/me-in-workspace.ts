import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { OwnTokenInput, OwnTool } from "../contract/api/people.ts";
import { IssuedToken, Member, Token, ToolCall } from "../contract/api/resources.ts";
import { listCalls } from "../db/calls.ts";
import { findMember, listTokens } from "../db/workspaces.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  json,
  jsonBody,
  listOf,
  notFound,
  pageOf,
  paging,
  readErrors,
  refuse,
  toPage,
  toPosition,
  writeErrors,
} from "./responses.ts";
import { Filters, toFilters } from "./tool-calls.ts";
import { toDefinition, toIssuedToken, toToken } from "./views.ts";

const tags = ["own"];
const params = z.object({ workspace: z.string() });
const tokenParams = z.object({ workspace: z.string(), token: z.string() });

const get = createRoute({
  method: "get",
  path: "/{workspace}/me",
  tags,
  summary: "One's own member",
  request: { params },
  responses: { 200: json(Member, "The member"), ...readErrors },
});

const tools = createRoute({
  method: "get",
  path: "/{workspace}/me/tools",
  tags,
  summary: "The tools that one may call, as last seen",
  request: { params },
  responses: { 200: json(listOf(OwnTool), "The tools"), ...readErrors },
});

const tokens = createRoute({
  method: "get",
  path: "/{workspace}/me/tokens",
  tags,
  summary: "One's own tokens, revoked ones too, oldest first",
  request: { params },
  responses: { 200: json(listOf(Token), "The tokens"), ...readErrors },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/me/tokens",
  tags,
  summary: "Create a token of one's own; it is shown this once",
  request: { params, body: jsonBody(OwnTokenInput) },
  responses: { 201: json(IssuedToken, "The new token"), ...writeErrors },
});

const rotate = createRoute({
  method: "post",
  path: "/{workspace}/me/tokens/{token}/rotate",
  tags,
  summary: "Give a token of one's own a new value; the old one is dead at once",
  request: { params: tokenParams },
  responses: { 200: json(IssuedToken, "The token's new value"), ...writeErrors },
});

const revoke = createRoute({
  method: "delete",
  path: "/{workspace}/me/tokens/{token}",
  tags,
  summary: "Revoke a token of one's own; it is dead at once",
  request: { params: tokenParams },
  responses: { 204: { description: "It is revoked" }, ...writeErrors },
});

const calls = createRoute({
  method: "get",
  path: "/{workspace}/me/tool-calls",
  tags,
  summary: "One's own calls, newest first",
  request: { params, query: Filters.omit({ member: true }).extend(paging) },
  responses: { 200: json(pageOf(ToolCall), "A page of calls"), ...readErrors },
});

/** What everybody has in a workspace: a member sees and changes what is that member's, and nothing else. */
export const own = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => {
    const member = await findMember(c.var.db, c.var.workspace.id, ownMemberOf(c));
    return member ? c.json(member, 200) : notFound(c, "member");
  })
  .openapi(tools, async (c) => {
    const object = c.env.WORKSPACES.getByName(c.var.workspace.slug);
    const found = (await object.listMemberTools(ownMemberOf(c))) ?? [];
    const items = found.map(({ json: text, ...tool }) => ({ ...tool, ...toDefinition(text) }));
    return c.json({ items }, 200);
  })
  .openapi(tokens, async (c) => {
    const memberId = ownMemberOf(c);
    const records = await listTokens(c.var.db, c.var.workspace.id);
    const items = records.filter((token) => token.memberId === memberId).map(toToken);
    return c.json({ items }, 200);
  })
  .openapi(create, async (c) => {
    const input = { ...c.req.valid("json"), memberId: ownMemberOf(c) };
    const outcome = await change(c, c.var.workspace.slug, { type: "token.create", input });
    return outcome.ok ? c.json(toIssuedToken(outcome.result), 201) : refuse(c, outcome.refusal);
  })
  .openapi(rotate, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.rotate",
      id: c.req.valid("param").token,
      ownerId: ownMemberOf(c),
    });
    return outcome.ok ? c.json(toIssuedToken(outcome.result), 200) : refuse(c, outcome.refusal);
  })
  .openapi(revoke, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.revoke",
      id: c.req.valid("param").token,
      ownerId: ownMemberOf(c),
    });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(calls, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const rows = await listCalls(
      c.var.db,
      c.var.workspace.id,
      { ...toFilters(filters), memberId: ownMemberOf(c) },
      toPosition(cursor),
      limit,
    );
    return c.json(
      toPage(rows, limit, (row) => row.seq),
      200,
    );
  });

/** The caller's member, on routes that only members reach. */
export function ownMemberOf(c: Context<ManagementEnv>): string {
  const { memberId } = c.var;
  if (memberId === null) throw new Error("the route's permission is not for members");
  return memberId;
}
