import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { beginSignIn } from "../connections/begin-sign-in.ts";
import { Connection, ConnectionInput, ConnectionStart } from "../contract/api/connections.ts";
import type { ConnectionState } from "../contract/records/connection.ts";
import { findServer } from "../db/workspaces.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { CALLBACK_PATH } from "../upstream/sign-in/register-client.ts";
import type { ManagementEnv } from "./authorize.ts";
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
    const { db, workspace, caller } = c.var;
    if (caller?.kind !== "user")
      return refuse(c, {
        code: "conflict",
        message: "A sign-in at a server needs a browser: connect the server in the dashboard.",
      });
    const server = await findServer(db, workspace.id, c.req.valid("param").server);
    if (!server) return respondNotFound(c, "server");
    if (server.hosted)
      return refuse(c, {
        code: "conflict",
        message: "This server is hosted: the gateway does not sign in there.",
      });
    const state = await findState(c, server.id);
    const { client, grantsWanted = false } = c.req.valid("json");
    const begun = await beginSignIn({
      db,
      env: c.env,
      workspace,
      server,
      sessionId: caller.session.record.id,
      origin: toOrigin(c.req.raw),
      entered: client ? { id: client.id, secret: client.secret ?? null } : null,
      isClientDeleted: state?.reason === "client_deleted",
      before: state && toScopesBefore(state, grantsWanted),
    });
    if (!begun.ok) return refuse(c, begun.refusal);
    return c.json({ to: begun.to, issuer: begun.issuer }, 200);
  })
  .openapi(disconnect, async (c) => {
    const command = { type: "server.disconnect", slug: c.req.valid("param").server } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });

function findState(c: Context<ManagementEnv>, serverId: string): Promise<ConnectionState | null> {
  return workspacesOf(c.env).getByName(c.var.workspace.slug).findConnection(serverId);
}

/**
 * The scopes of the sign-in before, which another one asks for, too: those that were granted for a call that the server had
 * refused are in no metadata. Scopes that have led to a failure are not asked for again.
 */
function toScopesBefore({ connection, wanted, reason }: ConnectionState, grantsWanted: boolean) {
  if (!connection || reason === "scope_reduced") return null;
  const more = grantsWanted ? (wanted?.scopes ?? []) : [];
  return { issuer: connection.issuer, scopes: [...connection.scopes, ...more] };
}

async function toConnection(
  c: Context<ManagementEnv>,
  { connection, issuer, wanted = null, end = null, ...state }: ConnectionState,
): Promise<Connection> {
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
