import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  AccessDecisionInput,
  AccessRequest,
  AccessRequestInput,
  AccessRequests,
  AccessRequestStatus,
  MAX_OPEN_ACCESS_REQUESTS,
} from "../contract/api/access-requests.ts";
import { splitRule } from "../contract/records/rule.ts";
import { newId } from "../crypto/ids.ts";
import {
  countAccessRequests,
  findAccessRequest,
  insertAccessRequest,
  listAccessRequests,
  type AccessRequestFilter,
  type AccessRequestRow,
} from "../db/access-requests.ts";
import { findMember } from "../db/members.ts";
import { findServer, listServers } from "../db/workspaces.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import {
  change,
  jsonBody,
  jsonResponse,
  PAGING_QUERY,
  parseCursor,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  respondNotFound,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["access requests"];
const params = z.object({ workspace: z.string() });
const requestParams = z.object({ workspace: z.string(), request: z.string() });
const query = z.object({ ...PAGING_QUERY, status: AccessRequestStatus.optional() });

const create = createRoute({
  method: "post",
  path: "/{workspace}/me/access-requests",
  tags,
  summary:
    "Ask the workspace's admins for access to a tool or a server, for yourself or for an agent of yours",
  request: { params, body: jsonBody(AccessRequestInput) },
  responses: { 201: jsonResponse(AccessRequest, "The open request"), ...WRITE_ERRORS },
});

const listOwn = createRoute({
  method: "get",
  path: "/{workspace}/me/access-requests",
  tags,
  summary: "List your requests for access and those for your agents, newest first",
  request: { params, query },
  responses: { 200: jsonResponse(AccessRequests, "A page of requests"), ...READ_ERRORS },
});

const withdraw = createRoute({
  method: "delete",
  path: "/{workspace}/me/access-requests/{request}",
  tags,
  summary: "Withdraw an open request of yours",
  request: { params: requestParams },
  responses: { 204: { description: "The request is withdrawn" }, ...WRITE_ERRORS },
});

const list = createRoute({
  method: "get",
  path: "/{workspace}/access-requests",
  tags,
  summary: "List the members' requests for access, newest first",
  request: { params, query },
  responses: { 200: jsonResponse(AccessRequests, "A page of requests"), ...READ_ERRORS },
});

const decide = createRoute({
  method: "post",
  path: "/{workspace}/access-requests/{request}/decision",
  tags,
  summary:
    "Approve an open request, as it was asked or with another rule and end, or decline it. The rule applies to the member's next call",
  request: { params: requestParams, body: jsonBody(AccessDecisionInput) },
  responses: { 200: jsonResponse(AccessRequest, "The closed request"), ...WRITE_ERRORS },
});

/** Routes for requests of members for access. */
export const accessRequests = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(create, async (c) => {
    const { db, workspace, actor } = c.var;
    const { rule, reason, endsAt = null, memberId: forMember } = c.req.valid("json");
    const askedBy = requireMemberId(c);
    const memberId = forMember ?? askedBy;
    if (
      memberId !== askedBy &&
      (await findMember(db, workspace.id, memberId))?.agent?.ownerId !== askedBy
    )
      return respondNotFound(c, "agent of yours");
    const createdAt = Date.now();
    if (endsAt !== null && endsAt <= createdAt) return refuse(c, PAST_END);
    if (await isAllowedAlready(c, memberId, rule)) return refuse(c, ALLOWED_ALREADY);
    // Whether there is such a server is not said: the member may not know.
    const { server: slug } = splitRule(rule);
    const serverId = (await findServer(db, workspace.id, slug))?.id ?? null;
    const id = newId("acr");
    const asked = { id, workspaceId: workspace.id, memberId, askedBy, rule, serverId, reason };
    const request = { ...asked, wishedEnd: endsAt, createdAt };
    if (!(await insertAccessRequest(db, request, actor))) return refuse(c, TOO_MANY);
    return c.json(await readOne(c, id, true), 201);
  })
  .openapi(listOwn, async (c) => {
    const filter = { workspaceId: c.var.workspace.id, askedBy: requireMemberId(c) };
    return c.json(await readPage(c, filter, c.req.valid("query"), true), 200);
  })
  .openapi(withdraw, async (c) => {
    const { request: id } = c.req.valid("param");
    const command = { type: "access-request.withdraw", id, askedBy: requireMemberId(c) } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(list, async (c) => {
    const filter = { workspaceId: c.var.workspace.id };
    return c.json(await readPage(c, filter, c.req.valid("query"), false), 200);
  })
  .openapi(decide, async (c) => {
    const { request: id } = c.req.valid("param");
    const decision = c.req.valid("json");
    const { slug } = c.var.workspace;
    const outcome =
      decision.outcome === "approved"
        ? await change(c, slug, { type: "access-request.approve", id, ...decision })
        : await change(c, slug, { type: "access-request.decline", id, answer: decision.answer });
    return outcome.ok ? c.json(await readOne(c, id, false), 200) : refuse(c, outcome.refusal);
  });

const PAST_END = {
  code: "invalid",
  message: "endsAt: the time is in the past; give a later time in epoch milliseconds.",
} as const;
const ALLOWED_ALREADY = {
  code: "conflict",
  message:
    "rule: this is allowed already. If calls are refused all the same, “My access” says why.",
} as const;
const TOO_MANY = {
  code: "conflict",
  message: `There is an open request for this rule, or there are ${MAX_OPEN_ACCESS_REQUESTS} open ones. Withdraw a request that is not needed any more.`,
} as const;

/** Whether a member may use it by the rules. Of a server that it may not know the answer is no, as of one that is not there. */
async function isAllowedAlready(
  c: Context<ManagementEnv>,
  memberId: string,
  rule: string,
): Promise<boolean> {
  const { server, pattern } = splitRule(rule);
  // Some tools of a class can be allowed already, and others not.
  if (pattern.startsWith("*[")) return false;
  const { id, slug } = c.var.workspace;
  const tool = pattern === "*" ? null : pattern;
  const object = workspacesOf(c.env).getByName(slug);
  const found = await object.explainAccess(id, { memberId, server, tool, isOwn: true });
  return typeof found === "object" && found.isAllowedByRules;
}

async function readOne(c: Context<ManagementEnv>, id: string, isOwn: boolean) {
  const row = await findAccessRequest(c.var.db, c.var.workspace.id, id);
  const [view] = row ? await toViews(c, [row], isOwn) : [];
  // Only the end of the whole workspace deletes a request that was written just now.
  if (!view) throw new Error("the request is gone");
  return view;
}

async function readPage(
  c: Context<ManagementEnv>,
  filter: AccessRequestFilter,
  { cursor, limit, status }: z.infer<typeof query>,
  isOwn: boolean,
): Promise<AccessRequests> {
  const { db } = c.var;
  const offset = parseCursor(cursor) ?? 0;
  const rows = await listAccessRequests(db, { ...filter, status }, { limit: limit + 1, offset });
  const waiting = await countAccessRequests(db, { ...filter, status: "open" });
  const items = await toViews(c, rows.slice(0, limit), isOwn);
  return { items, nextCursor: rows.length > limit ? String(offset + limit) : null, waiting };
}

/** API views of requests. `isOwn`: for who asked, who learns neither who decided nor whether the server is there. */
async function toViews(
  c: Context<ManagementEnv>,
  rows: AccessRequestRow[],
  isOwn: boolean,
): Promise<AccessRequest[]> {
  const servers = new Set(
    isOwn ? [] : (await listServers(c.var.db, c.var.workspace.id)).map(({ id }) => id),
  );
  const names = openNames(c);
  await names.load(
    rows.flatMap(({ memberId, askedBy, closedBy }) => [memberId, askedBy, isOwn ? null : closedBy]),
  );
  return rows.map((row) => {
    const { server, pattern } = splitRule(row.rule);
    const member = names.find(row.memberId);
    return {
      id: row.id,
      rule: row.rule,
      server,
      tool: pattern.startsWith("*") ? null : pattern,
      reason: row.reason,
      endsAt: row.wishedEnd,
      status: row.status,
      member: { id: row.memberId, name: member?.name ?? null, hasLeft: member?.isGone ?? true },
      askedBy: { id: row.askedBy, name: names.find(row.askedBy)?.name ?? null },
      createdAt: row.createdAt,
      closedAt: row.closedAt,
      closedBy: isOwn ? null : (names.find(row.closedBy)?.name ?? row.closedBy),
      answer: row.answer,
      granted: row.granted,
      isServerThere: isOwn || (row.serverId !== null && servers.has(row.serverId)),
    };
  });
}
