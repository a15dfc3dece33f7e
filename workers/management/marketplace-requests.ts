import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  RequestDecision,
  RequestInput,
  RequestStatus,
  ServerRequest,
  ServerRequests,
} from "../contract/api/marketplace-requests.ts";
import { newId } from "../crypto/ids.ts";
import { findEntryStates } from "../db/marketplace-entries.ts";
import {
  closeRequest,
  countRequests,
  countUnseenOutcomes,
  insertRequest,
  listRequests,
  markOutcomesSeen,
  type RequestFilter,
  type RequestRow,
} from "../db/marketplace-requests.ts";
import { findListedName } from "../db/marketplace.ts";
import { findServer, listServers } from "../db/workspaces.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import { listKnownServers } from "./known-servers.ts";
import {
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

const tags = ["server requests"];
/** Open requests of one member: a queue that an admin can read. */
const MAX_OPEN_REQUESTS = 20;
/** Requests of one page: the facts of each are read from the entry's whole description. */
const MAX_PAGE = 100;

const params = z.object({ workspace: z.string() });
const requestParams = z.object({ workspace: z.string(), request: z.string() });
const query = z.object({
  ...PAGING_QUERY,
  limit: PAGING_QUERY.limit.pipe(z.int().max(MAX_PAGE)),
  status: RequestStatus.optional(),
  entry: z.string().max(200).optional().describe("The name of an entry of the marketplace"),
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/server-requests",
  tags,
  summary: "Ask the workspace's admins for a server of the marketplace",
  request: { params, body: jsonBody(RequestInput) },
  responses: { 201: jsonResponse(ServerRequest, "The open request"), ...WRITE_ERRORS },
});

const list = createRoute({
  method: "get",
  path: "/{workspace}/server-requests",
  tags,
  summary: "List the members' requests for servers, newest first",
  request: { params, query },
  responses: { 200: jsonResponse(ServerRequests, "A page of requests"), ...READ_ERRORS },
});

const decide = createRoute({
  method: "post",
  path: "/{workspace}/server-requests/{request}/decision",
  tags,
  summary: "Decline an open request, or say which server that is there already fulfils it",
  request: { params: requestParams, body: jsonBody(RequestDecision) },
  responses: { 204: { description: "The request is closed" }, ...WRITE_ERRORS },
});

const listOwn = createRoute({
  method: "get",
  path: "/{workspace}/me/server-requests",
  tags,
  summary: "List the caller's requests for servers, newest first",
  request: { params, query },
  responses: { 200: jsonResponse(ServerRequests, "A page of requests"), ...READ_ERRORS },
});

const withdraw = createRoute({
  method: "delete",
  path: "/{workspace}/me/server-requests/{request}",
  tags,
  summary: "Withdraw an open request of the caller",
  request: { params: requestParams },
  responses: { 204: { description: "The request is withdrawn" }, ...WRITE_ERRORS },
});

const see = createRoute({
  method: "put",
  path: "/{workspace}/me/server-requests-seen",
  tags,
  summary: "Say that the caller has seen the outcomes of its requests",
  request: { params },
  responses: { 204: { description: "No outcome is new any more" }, ...WRITE_ERRORS },
});

/** Routes for requests of members for servers of the marketplace. */
export const marketplaceRequests = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(create, async (c) => {
    const { db, workspace, actor } = c.var;
    const { entry: asked, reason } = c.req.valid("json");
    const memberId = requireMemberId(c);
    const entry = await findListedName(db, asked);
    if (entry === null) return refuse(c, NO_ENTRY);
    const known = await findKnownServerOf(c, entry);
    if (known !== undefined)
      return refuse(c, {
        code: "conflict",
        message: `entry: you can use it already, as the server "${known}" of this workspace.`,
      });
    const own = { workspaceId: workspace.id, memberId, status: "open" } as const;
    if ((await countRequests(db, { ...own, entry })) > 0) return refuse(c, ALREADY_OPEN);
    const createdAt = Date.now();
    const id = newId("req");
    const request = { id, workspaceId: workspace.id, memberId, entry, reason, createdAt };
    // The statement counts again, for requests that arrive at the same time.
    if (!(await insertRequest(db, request, actor, MAX_OPEN_REQUESTS))) return refuse(c, TOO_MANY);
    const closed = { closedAt: null, closedBy: null, answer: null, serverSlug: null, seenAt: null };
    const row: RequestRow = { ...request, ...closed, status: "open" };
    const [view] = await toViews(c, [row], true);
    return view ? c.json(view, 201) : respondNotFound(c, "request");
  })
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    const filter = { workspaceId: workspace.id };
    const waiting = await countRequests(db, { ...filter, status: "open" });
    return c.json({ ...(await readPage(c, filter, c.req.valid("query"), false)), waiting }, 200);
  })
  .openapi(decide, async (c) => {
    const { db, workspace, actor } = c.var;
    const { request: id } = c.req.valid("param");
    const decision = c.req.valid("json");
    if (decision.outcome === "fulfilled" && !(await findServer(db, workspace.id, decision.server)))
      return respondNotFound(c, "server");
    const isClosed = await closeRequest(db, workspace.id, id, {
      status: decision.outcome,
      at: Date.now(),
      actor,
      answer: decision.answer,
      ...(decision.outcome === "fulfilled" ? { serverSlug: decision.server } : {}),
    });
    return isClosed ? c.body(null, 204) : respondNotFound(c, "open request");
  })
  .openapi(listOwn, async (c) => {
    const memberId = requireMemberId(c);
    const filter = { workspaceId: c.var.workspace.id, memberId };
    const waiting = await countUnseenOutcomes(c.var.db, memberId);
    return c.json({ ...(await readPage(c, filter, c.req.valid("query"), true)), waiting }, 200);
  })
  .openapi(withdraw, async (c) => {
    const { db, workspace, actor } = c.var;
    const { request: id } = c.req.valid("param");
    const memberId = requireMemberId(c);
    const closing = { status: "withdrawn", at: Date.now(), actor } as const;
    const isClosed = await closeRequest(db, workspace.id, id, closing, memberId);
    return isClosed ? c.body(null, 204) : respondNotFound(c, "open request");
  })
  .openapi(see, async (c) => {
    await markOutcomesSeen(c.var.db, requireMemberId(c), Date.now());
    return c.body(null, 204);
  });

const NO_ENTRY = {
  code: "not_found",
  message: "entry: there is no such server in the marketplace.",
} as const;
const ALREADY_OPEN = {
  code: "conflict",
  message: "entry: you have asked for this server, and the request is open.",
} as const;
const TOO_MANY = {
  code: "conflict",
  message: `You have ${MAX_OPEN_REQUESTS} open requests, or asked for this server just now. Withdraw a request that you do not need any more.`,
} as const;

/** The slug of a server from the entry that the caller may know: another one would tell of a server that it may not. */
async function findKnownServerOf(
  c: Context<ManagementEnv>,
  entry: string,
): Promise<string | undefined> {
  const servers = await listServers(c.var.db, c.var.workspace.id);
  const slugs = servers.filter(({ origin }) => origin?.name === entry).map(({ slug }) => slug);
  if (slugs.length === 0) return undefined;
  const known = new Set((await listKnownServers(c)).map(({ slug }) => slug));
  return slugs.find((slug) => known.has(slug));
}

async function readPage(
  c: Context<ManagementEnv>,
  filter: RequestFilter,
  { cursor, limit, status, entry }: z.infer<typeof query>,
  isOwn: boolean,
) {
  const offset = parseCursor(cursor) ?? 0;
  const part = { limit: limit + 1, offset };
  const rows = await listRequests(c.var.db, { ...filter, status, entry }, part);
  const items = await toViews(c, rows.slice(0, limit), isOwn);
  return { items, nextCursor: rows.length > limit ? String(offset + limit) : null };
}

/** API views of requests. `isOwn`: for their member, who learns neither who decided nor of other servers. */
async function toViews(
  c: Context<ManagementEnv>,
  rows: RequestRow[],
  isOwn: boolean,
): Promise<ServerRequest[]> {
  const { db, workspace } = c.var;
  const entries = await findEntryStates(
    db,
    rows.map(({ entry }) => entry),
  );
  const servers = isOwn ? [] : await listServers(db, workspace.id);
  const names = openNames(c);
  await names.load(rows.flatMap(({ memberId, closedBy }) => [memberId, closedBy]));
  return rows.map(({ id, entry, memberId, reason, status, createdAt, closedAt, ...row }) => {
    const member = names.find(memberId);
    return {
      id,
      reason,
      status,
      createdAt,
      closedAt,
      answer: row.answer,
      serverSlug: row.serverSlug,
      name: entry,
      entry: entries.get(entry) ?? null,
      member: { id: memberId, name: member?.name ?? null, hasLeft: member?.isGone ?? true },
      closedBy: isOwn ? null : (names.find(row.closedBy)?.name ?? row.closedBy),
      existingServers: servers
        .filter(({ origin }) => origin?.name === entry)
        .map(({ slug }) => slug),
    };
  });
}
