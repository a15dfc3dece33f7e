import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { connectOwnAccount } from "../connections/connect-own-account.ts";
import {
  Connection,
  ConnectionInput,
  ConnectionStart,
  OwnAccountInput,
} from "../contract/api/connections.ts";
import type { ConnectionState } from "../contract/records/connection.ts";
import { findServer } from "../db/workspaces.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { CALLBACK_PATH } from "../upstream/sign-in/register-client.ts";
import type { ManagementEnv } from "./authorize.ts";
import { beginConnection } from "./begin-connection.ts";
import { openNames } from "./caller-names.ts";
import {
  change,
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  respondNotFound,
  WRITE_ERRORS,
} from "./responses.ts";
import { toPerson } from "./views.ts";

const tags = ["servers"];
const path = "/{workspace}/servers/{server}/connection";
const params = z.object({ workspace: z.string(), server: z.string() });

const get = createRoute({
  method: "get",
  path,
  tags,
  summary: "Get the state of the gateway's sign-in at a server (OAuth)",
  request: { params },
  responses: { 200: jsonResponse(Connection, "The state of the sign-in"), ...READ_ERRORS },
});

const connect = createRoute({
  method: "post",
  path,
  tags,
  summary: "Begin the gateway's sign-in at a server; it ends in the browser session that began it",
  request: { params, body: jsonBody(ConnectionInput) },
  responses: {
    200: jsonResponse(ConnectionStart, "The address to open at the authorization server"),
    ...WRITE_ERRORS,
  },
});

const connectOwn = createRoute({
  method: "put",
  path,
  tags,
  summary: "Sign the gateway in at a server with an account of its own (client credentials)",
  request: { params, body: jsonBody(OwnAccountInput) },
  responses: { 200: jsonResponse(Connection, "The state of the sign-in"), ...WRITE_ERRORS },
});

const disconnect = createRoute({
  method: "delete",
  path,
  tags,
  summary: "End the gateway's sign-in at a server, and revoke its tokens there",
  request: { params },
  responses: { 204: { description: "The sign-in has ended" }, ...WRITE_ERRORS },
});

/** Routes for the sign-ins of the gateway at servers. */
export const serverConnections = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => {
    const { db, workspace } = c.var;
    const server = await findServer(db, workspace.id, c.req.valid("param").server);
    const state = server && (await findState(c, server.id));
    return state ? c.json(await toConnection(c, state), 200) : respondNotFound(c, "server");
  })
  .openapi(connect, async (c) => {
    const { db, workspace, memberId } = c.var;
    const server = await findServer(db, workspace.id, c.req.valid("param").server);
    if (!server) return respondNotFound(c, "server");
    if (server.perPerson && memberId === null)
      return refuse(c, { code: "conflict", message: "Only a member can connect an account here." });
    const state = await findState(c, server.id);
    const { client, grantsWanted = false } = c.req.valid("json");
    const begun = await beginConnection(c, {
      server,
      // Where each person has an account, an admin's own is the first.
      memberId: server.perPerson ? memberId : null,
      client,
      state,
      grantsWanted,
      page: "server",
    });
    if (!begun.ok) return refuse(c, begun.refusal);
    return c.json({ to: begun.to, issuer: begun.issuer }, 200);
  })
  .openapi(connectOwn, async (c) => {
    const { db, workspace, person } = c.var;
    const server = await findServer(db, workspace.id, c.req.valid("param").server);
    if (!server) return respondNotFound(c, "server");
    const signedIn = await connectOwnAccount(c.env, server, c.req.valid("json").client);
    if (!signedIn.ok) return refuse(c, signedIn.refusal);
    const command = { ...signedIn.connect, memberId: null, person };
    const outcome = await change(c, workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const state = await findState(c, server.id);
    return state ? c.json(await toConnection(c, state), 200) : respondNotFound(c, "server");
  })
  .openapi(disconnect, async (c) => {
    const slug = c.req.valid("param").server;
    const command = { type: "server.disconnect", slug, memberId: null } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });

function findState(c: Context<ManagementEnv>, serverId: string): Promise<ConnectionState | null> {
  return workspacesOf(c.env).getByName(c.var.workspace.slug).findConnection(serverId);
}

async function toConnection(
  c: Context<ManagementEnv>,
  found: ConnectionState,
): Promise<Connection> {
  const { connection, issuer, wanted = null, end = null, refreshedAt: _, ...state } = found;
  const names = openNames(c);
  await names.load([connection?.connectedBy ?? null]);
  return {
    ...state,
    issuer,
    wanted,
    end,
    scopes: connection?.scopes ?? [],
    connectedBy: connection
      ? toPerson(connection.connectedBy, names.find(connection.connectedBy))
      : null,
    connectedAt: connection?.connectedAt ?? null,
    redirectUri: `${toOrigin(c.req.raw)}${CALLBACK_PATH}`,
  };
}
