import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { Check, CheckedServer, Server, ServerTool } from "../contract/api/resources.ts";
import { ServerInput, ServerPatch, ServersOrder } from "../contract/rpc/commands.ts";
import { openDb } from "../db/database.ts";
import { findServer, listServers } from "../db/workspaces.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  json,
  jsonBody,
  listOf,
  notFound,
  readErrors,
  refuse,
  writeErrors,
} from "./responses.ts";
import { shownTo, toDefinition, toServer } from "./views.ts";

const tags = ["servers"];
const params = z.object({ workspace: z.string() });
const serverParams = z.object({ workspace: z.string(), server: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/servers",
  tags,
  summary: "Servers, by position",
  request: { params },
  responses: { 200: json(listOf(Server), "The workspace's servers"), ...readErrors },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/servers",
  tags,
  summary: "Add a server, and look at it",
  request: { params, body: jsonBody(ServerInput) },
  responses: { 201: json(CheckedServer, "The new server"), ...writeErrors },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}",
  tags,
  summary: "A server",
  request: { params: serverParams },
  responses: { 200: json(Server, "The server"), ...readErrors },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/servers/{server}",
  tags,
  summary:
    "Change a server, and look at it; another origin drops credentials that are not given anew",
  request: { params: serverParams, body: jsonBody(ServerPatch) },
  responses: { 200: json(CheckedServer, "The server as it is now"), ...writeErrors },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/servers/{server}",
  tags,
  summary: "Remove a server; rules that name it stay",
  request: { params: serverParams },
  responses: { 204: { description: "It is removed" }, ...writeErrors },
});

const reorder = createRoute({
  method: "put",
  path: "/{workspace}/servers-order",
  tags,
  summary: "Put all servers into a new order, which names each exactly once",
  request: { params, body: jsonBody(ServersOrder) },
  responses: { 200: json(listOf(Server), "The servers as they are now"), ...writeErrors },
});

const tools = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}/tools",
  tags,
  summary: "A server's tools as last seen",
  request: { params: serverParams },
  responses: { 200: json(listOf(ServerTool), "Its tools"), ...readErrors },
});

const check = createRoute({
  method: "post",
  path: "/{workspace}/servers/{server}/check",
  tags,
  summary: "Look at a server now",
  request: { params: serverParams },
  responses: { 200: json(Check, "What was found"), ...readErrors },
});

export const servers = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const records = await listServers(openDb(c.env.DB), c.var.workspace.id);
    return c.json({ items: records.map(shownTo(c.var.role)) }, 200);
  })
  .openapi(create, async (c) => {
    const command = { type: "server.create", input: c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json({ server: toServer(outcome.result.server), check: outcome.result.check }, 201);
  })
  .openapi(get, async (c) => {
    const server = await findServer(
      openDb(c.env.DB),
      c.var.workspace.id,
      c.req.valid("param").server,
    );
    return server ? c.json(shownTo(c.var.role)(server), 200) : notFound(c, "server");
  })
  .openapi(update, async (c) => {
    const command = {
      type: "server.update",
      slug: c.req.valid("param").server,
      patch: c.req.valid("json"),
    } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json({ server: toServer(outcome.result.server), check: outcome.result.check }, 200);
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
    return c.json({ items: outcome.result.servers.map(toServer) }, 200);
  })
  .openapi(tools, async (c) => {
    const { slug, id } = c.var.workspace;
    const { server } = c.req.valid("param");
    if (!(await findServer(openDb(c.env.DB), id, server))) return notFound(c, "server");
    const found = await c.env.WORKSPACES.getByName(slug).listServerTools(server);
    const items = found.map(({ json: text, ...tool }) => ({ ...tool, ...toDefinition(text) }));
    return c.json({ items }, 200);
  })
  .openapi(check, async (c) => {
    const found = await c.env.WORKSPACES.getByName(c.var.workspace.slug).checkServer(
      c.req.valid("param").server,
    );
    return found ? c.json(found, 200) : notFound(c, "server");
  });
