import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { Check, CheckedServer, Server, ServerTool } from "../contract/api/resources.ts";
import { NewServer } from "../contract/api/server-test.ts";
import type { ServerRecord } from "../contract/records/workspace.ts";
import { ServerPatch, ServersOrder, type CommandResults } from "../contract/rpc/commands.ts";
import { findEntryStates } from "../db/marketplace-entries.ts";
import { findServer, listServers } from "../db/workspaces.ts";
import { workspacesOf } from "../runtime/objects.ts";
import type { ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import { readLockedContract } from "./contract-views.ts";
import { findKnownServer, findViewer, listKnownServers } from "./known-servers.ts";
import {
  change,
  jsonResponse,
  jsonBody,
  toListSchema,
  respondNotFound,
  BODY_ERRORS,
  READ_ERRORS,
  refuse,
  WRITE_ERRORS,
} from "./responses.ts";
import { refuseOwnAddress } from "./server-address.ts";
import { readOrigin } from "./server-origins.ts";
import { parseToolDefinition, toServer, toServerForAuditor, toServerForMember } from "./views.ts";

const tags = ["servers"];
const params = z.object({ workspace: z.string() });
const serverParams = z.object({ workspace: z.string(), server: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/servers",
  tags,
  summary: "List servers, by position",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(Server), "The workspace's servers"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/servers",
  tags,
  summary: "Add a server and check it",
  request: { params, body: jsonBody(NewServer) },
  responses: { 201: jsonResponse(CheckedServer, "The new server with its check"), ...WRITE_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}",
  tags,
  summary: "Get a server",
  request: { params: serverParams },
  responses: { 200: jsonResponse(Server, "The server"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/servers/{server}",
  tags,
  summary: "Change a server and check it; a new origin deletes credentials that are not sent again",
  request: { params: serverParams, body: jsonBody(ServerPatch) },
  responses: {
    200: jsonResponse(CheckedServer, "The updated server with its check"),
    ...WRITE_ERRORS,
  },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/servers/{server}",
  tags,
  summary: "Remove a server, with the rules that name it",
  request: { params: serverParams },
  responses: { 204: { description: "The server is removed" }, ...WRITE_ERRORS },
});

const reorder = createRoute({
  method: "put",
  path: "/{workspace}/servers-order",
  tags,
  summary: "Reorder all servers; the order must name each server exactly once",
  request: { params, body: jsonBody(ServersOrder) },
  responses: { 200: jsonResponse(toListSchema(Server), "The reordered servers"), ...WRITE_ERRORS },
});

const tools = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}/tools",
  tags,
  summary: "List the last known tools of a server; for members those that they are allowed to call",
  request: { params: serverParams },
  responses: { 200: jsonResponse(toListSchema(ServerTool), "The server's tools"), ...READ_ERRORS },
});

const check = createRoute({
  method: "post",
  path: "/{workspace}/servers/{server}/check",
  tags,
  summary: "Check a server now",
  request: { params: serverParams },
  responses: {
    200: jsonResponse(Check, "The result of the check"),
    ...READ_ERRORS,
    ...BODY_ERRORS,
  },
});

/** Routes for a workspace's servers. */
export const servers = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const records = await listServers(c.var.db, c.var.workspace.id);
    if (c.var.role !== "member") return c.json({ items: await toServers(c, records) }, 200);
    return c.json({ items: await toServersForMember(c, records) }, 200);
  })
  .openapi(create, async (c) => {
    const { contract: seen, ...input } = c.req.valid("json");
    const loop = refuseOwnAddress(c, input.url);
    if (loop) return refuse(c, loop);
    const read = await readOrigin(c, input);
    if (!read.ok) return refuse(c, read.refusal);
    const origin = read.origin ?? null;
    const contract = seen && readLockedContract("contract", seen.definitions);
    if (typeof contract === "string") return refuse(c, { code: "invalid", message: contract });
    const command = {
      type: "server.create",
      input,
      person: c.var.person,
      origin,
      ...(contract ? { contract } : {}),
    } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json(await toCheckedServer(c, outcome.result), 201);
  })
  .openapi(get, async (c) => {
    const server = await findServerView(c, c.req.valid("param").server);
    return server ? c.json(server, 200) : respondNotFound(c, "server");
  })
  .openapi(update, async (c) => {
    const patch = c.req.valid("json");
    const loop = refuseOwnAddress(c, patch.url);
    if (loop) return refuse(c, loop);
    const { server: slug } = c.req.valid("param");
    const read = await readOrigin(c, patch);
    if (!read.ok) return refuse(c, read.refusal);
    const origin = read.origin === undefined ? {} : { origin: read.origin };
    const command = {
      type: "server.update",
      slug,
      patch,
      person: c.var.person,
      ...origin,
    } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json(await toCheckedServer(c, outcome.result), 200);
  })
  .openapi(remove, async (c) => {
    const command = { type: "server.delete", slug: c.req.valid("param").server } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(reorder, async (c) => {
    const command = { type: "server.reorder", order: c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json({ items: await toServers(c, outcome.result.servers) }, 200);
  })
  .openapi(tools, async (c) => {
    const server = await findKnownServer(c, c.req.valid("param").server);
    if (!server) return respondNotFound(c, "server");
    const object = workspacesOf(c.env).getByName(c.var.workspace.slug);
    const viewer = findViewer(c);
    const serverTools =
      viewer === null
        ? await object.listServerTools(server.id)
        : await object.listVisibleTools(server.id, viewer);
    const items = serverTools.map(({ json: text, ...tool }) => ({
      ...tool,
      ...parseToolDefinition(text),
      firstListedAt: tool.firstListedAt ?? null,
      allowedMembers: tool.allowedMembers ?? null,
    }));
    return c.json({ items }, 200);
  })
  .openapi(check, async (c) => {
    const { slug, id } = c.var.workspace;
    const server = await findServer(c.var.db, id, c.req.valid("param").server);
    const result = server && (await workspacesOf(c.env).getByName(slug).checkServer(server.id));
    return result ? c.json(result, 200) : respondNotFound(c, "server");
  });

/** The servers that a member is allowed to know, with consecutive positions, so that gaps do not tell of others. */
async function toServersForMember(c: Context<ManagementEnv>, records: ServerRecord[]) {
  const known = new Set((await listKnownServers(c)).map(({ slug }) => slug));
  return records
    .filter(({ slug }) => known.has(slug))
    .map((record, position) => toServerForMember(record, position));
}

/** A server as the caller is allowed to see it. A member sees it as in the list. */
async function findServerView(c: Context<ManagementEnv>, slug: string) {
  if (c.var.role === "member") {
    const records = await listServers(c.var.db, c.var.workspace.id);
    return (await toServersForMember(c, records)).find((server) => server.slug === slug);
  }
  const record = await findServer(c.var.db, c.var.workspace.id, slug);
  return record && toNamedServer(c, record);
}

async function toNamedServer(c: Context<ManagementEnv>, record: ServerRecord) {
  const [server] = await toServers(c, [record]);
  if (!server) throw new Error("a list of one record has no server");
  return server;
}

async function toServers(c: Context<ManagementEnv>, records: ServerRecord[]) {
  const names = openNames(c);
  await names.load(
    records.flatMap(({ credentials }) => credentials.map(({ setBy }) => setBy ?? null)),
  );
  const entries = await findEntryStates(
    c.var.db,
    records.flatMap(({ origin }) => origin?.name ?? []),
  );
  const views = records.map((record) => toServer(record, names, entries));
  return c.var.role === "auditor" ? views.map(toServerForAuditor) : views;
}

async function toCheckedServer(
  c: Context<ManagementEnv>,
  { server, check }: CommandResults["server.create"],
) {
  return { server: await toNamedServer(c, server), check };
}
