import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { CallableTool, MyTokenInput, TokenConnection } from "../contract/api/people.ts";
import { IssuedToken, Member, Token, TokenSummary, ToolCall } from "../contract/api/resources.ts";
import { TokenPatch } from "../contract/rpc/commands.ts";
import { findMember } from "../db/members.ts";
import { listTokens } from "../db/workspaces.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { CallQuery, toCallFilters } from "./call-query.ts";
import { openOwnNames } from "./caller-names.ts";
import {
  change,
  jsonResponse,
  jsonBody,
  toListSchema,
  respondNotFound,
  toPageSchema,
  PAGING_QUERY,
  READ_ERRORS,
  refuse,
  WRITE_ERRORS,
} from "./responses.ts";
import { readCalls } from "./tool-calls.ts";
import { parseToolDefinition, toIssuedToken, toToken } from "./views.ts";

const tags = ["me"];
const params = z.object({ workspace: z.string() });
const tokenParams = z.object({ workspace: z.string(), token: z.string() });

const get = createRoute({
  method: "get",
  path: "/{workspace}/me",
  tags,
  summary: "Get your member in a workspace",
  request: { params },
  responses: { 200: jsonResponse(Member, "Your member"), ...READ_ERRORS },
});

const tools = createRoute({
  method: "get",
  path: "/{workspace}/me/tools",
  tags,
  summary: "List the tools that you are allowed to call",
  request: { params },
  responses: {
    200: jsonResponse(toListSchema(CallableTool), "The tools, from the last known tool catalogues"),
    ...READ_ERRORS,
  },
});

const tokens = createRoute({
  method: "get",
  path: "/{workspace}/me/tokens",
  tags,
  summary: "List your tokens, including revoked tokens, oldest first",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(Token), "Your tokens"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/me/tokens",
  tags,
  summary: "Create a token for yourself; only this response contains it",
  request: { params, body: jsonBody(MyTokenInput) },
  responses: { 201: jsonResponse(IssuedToken, "The new token"), ...WRITE_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/me/tokens/{token}",
  tags,
  summary: "Change your token's label, or the tools to which it is narrowed; its value stays",
  request: { params: tokenParams, body: jsonBody(TokenPatch) },
  responses: { 200: jsonResponse(TokenSummary, "The changed token"), ...WRITE_ERRORS },
});

const connection = createRoute({
  method: "get",
  path: "/{workspace}/me/tokens/{token}/connection",
  tags,
  summary:
    "Get whether a client has connected with your token; the gateway remembers it for some minutes after the last request",
  request: { params: tokenParams },
  responses: { 200: jsonResponse(TokenConnection, "What the client has done"), ...READ_ERRORS },
});

const rotate = createRoute({
  method: "post",
  path: "/{workspace}/me/tokens/{token}/rotate",
  tags,
  summary: "Replace the value of your token; the old value stops working immediately",
  request: { params: tokenParams },
  responses: { 200: jsonResponse(IssuedToken, "The token with its new value"), ...WRITE_ERRORS },
});

const revoke = createRoute({
  method: "delete",
  path: "/{workspace}/me/tokens/{token}",
  tags,
  summary: "Revoke your token; it stops working immediately",
  request: { params: tokenParams },
  responses: { 204: { description: "The token is revoked" }, ...WRITE_ERRORS },
});

const calls = createRoute({
  method: "get",
  path: "/{workspace}/me/tool-calls",
  tags,
  summary: "List your calls, newest first",
  request: { params, query: CallQuery.omit({ member: true }).extend(PAGING_QUERY) },
  responses: { 200: jsonResponse(toPageSchema(ToolCall), "A page of calls"), ...READ_ERRORS },
});

/** Routes under /workspaces/{workspace}/me: a member's access to its own data, whatever its role. */
export const meInWorkspace = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => {
    const member = await findMember(c.var.db, c.var.workspace.id, requireMemberId(c));
    return member ? c.json(member, 200) : respondNotFound(c, "member");
  })
  .openapi(tools, async (c) => {
    const object = workspacesOf(c.env).getByName(c.var.workspace.slug);
    const memberTools = (await object.listMemberTools(requireMemberId(c))) ?? [];
    const items = memberTools.map(({ json: text, ...tool }) => ({
      ...tool,
      ...parseToolDefinition(text),
    }));
    return c.json({ items }, 200);
  })
  .openapi(tokens, async (c) => {
    const memberId = requireMemberId(c);
    const records = await listTokens(c.var.db, c.var.workspace.id);
    const items = records.filter((token) => token.memberId === memberId).map(toToken);
    return c.json({ items }, 200);
  })
  .openapi(create, async (c) => {
    const input = { ...c.req.valid("json"), memberId: requireMemberId(c) };
    const outcome = await change(c, c.var.workspace.slug, { type: "token.create", input });
    return outcome.ok ? c.json(toIssuedToken(outcome.result), 201) : refuse(c, outcome.refusal);
  })
  .openapi(update, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.update",
      id: c.req.valid("param").token,
      patch: c.req.valid("json"),
      ownerId: requireMemberId(c),
    });
    return outcome.ok ? c.json(toToken(outcome.result.record), 200) : refuse(c, outcome.refusal);
  })
  .openapi(connection, async (c) => {
    const object = workspacesOf(c.env).getByName(c.var.workspace.slug);
    const found = await object.findTokenConnection(requireMemberId(c), c.req.valid("param").token);
    return found ? c.json(found, 200) : respondNotFound(c, "token");
  })
  .openapi(rotate, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.rotate",
      id: c.req.valid("param").token,
      ownerId: requireMemberId(c),
    });
    return outcome.ok ? c.json(toIssuedToken(outcome.result), 200) : refuse(c, outcome.refusal);
  })
  .openapi(revoke, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "token.revoke",
      id: c.req.valid("param").token,
      ownerId: requireMemberId(c),
    });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(calls, async (c) => {
    const { cursor, limit, ...filters } = c.req.valid("query");
    const { db, workspace } = c.var;
    const memberId = requireMemberId(c);
    const own = { ...(await toCallFilters(db, workspace.id, filters)), memberId };
    return c.json(await readCalls(c, await openOwnNames(c), own, { cursor, limit }), 200);
  });
