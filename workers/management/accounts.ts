import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { Account, AccountInput, AccountKeyInput } from "../contract/api/accounts.ts";
import { ConnectionStart } from "../contract/api/connections.ts";
import { findServer } from "../db/workspaces.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { beginConnection } from "./begin-connection.ts";
import {
  change,
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  respondNotFound,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["me"];
const params = z.object({ workspace: z.string() });
const accountParams = params.extend({ server: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/me/accounts",
  tags,
  summary:
    "List your accounts at servers where each person has their own, and those of your agents",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(Account), "The accounts"), ...READ_ERRORS },
});

const connect = createRoute({
  method: "post",
  path: "/{workspace}/me/accounts/{server}",
  tags,
  summary:
    "Begin to connect your account at a server; it ends in the browser session that began it",
  request: { params: accountParams, body: jsonBody(AccountInput) },
  responses: {
    200: jsonResponse(ConnectionStart, "The address to open at the authorization server"),
    ...WRITE_ERRORS,
  },
});

const enterKey = createRoute({
  method: "put",
  path: "/{workspace}/me/accounts/{server}/key",
  tags,
  summary: "Enter your own key for a server; it is not shown again",
  request: { params: accountParams, body: jsonBody(AccountKeyInput) },
  responses: { 204: { description: "The key is stored" }, ...WRITE_ERRORS },
});

const disconnect = createRoute({
  method: "delete",
  path: "/{workspace}/me/accounts/{server}",
  tags,
  summary: "Disconnect your account at a server, and revoke its tokens there",
  request: { params: accountParams, query: AccountInput },
  responses: { 204: { description: "The account is disconnected" }, ...WRITE_ERRORS },
});

const listOfServer = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}/accounts",
  tags: ["servers"],
  summary: "List the people who have connected an account at a server, first connected first",
  request: { params: accountParams },
  responses: { 200: jsonResponse(toListSchema(Account), "The accounts"), ...READ_ERRORS },
});

const end = createRoute({
  method: "delete",
  path: "/{workspace}/servers/{server}/accounts/{member}",
  tags: ["servers"],
  summary: "Disconnect a member's account at a server, and revoke its tokens there",
  request: { params: accountParams.extend({ member: z.string() }) },
  responses: { 204: { description: "The account is disconnected" }, ...WRITE_ERRORS },
});

/** Routes for the accounts of members at servers where each person has their own. */
export const accounts = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const items = await openWorkspace(c).listAccounts({ memberId: requireMemberId(c) });
    return c.json({ items }, 200);
  })
  .openapi(connect, async (c) => {
    const memberId = requireMemberId(c);
    const { server: slug } = c.req.valid("param");
    const target = c.req.valid("json").agent ?? memberId;
    const known = await openWorkspace(c).listAccounts({ memberId });
    const account = known.find(
      ({ server, member }) => server.slug === slug && member.id === target,
    );
    const server = account && (await findServer(c.var.db, c.var.workspace.id, slug));
    if (!server) return respondNotFound(c, "account");
    if (account.blockedBy !== null)
      return refuse(c, {
        code: "conflict",
        message:
          account.blockedBy === "rules"
            ? "The rules for this account’s calls do not allow this server any more. An owner or admin can allow it."
            : "This server is disabled.",
      });
    const state = await openWorkspace(c).findConnection(server.id, target);
    const request = { server, state, memberId: target, client: undefined, grantsWanted: true };
    const begun = await beginConnection(c, { ...request, page: "accounts" });
    return begun.ok
      ? c.json({ to: begun.to, issuer: begun.issuer }, 200)
      : refuse(c, begun.refusal);
  })
  .openapi(enterKey, async (c) => {
    const { key, agent } = c.req.valid("json");
    const outcome = await change(c, c.var.workspace.slug, {
      type: "server.enter-key",
      slug: c.req.valid("param").server,
      memberId: agent ?? requireMemberId(c),
      key,
      person: c.var.person,
    });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(disconnect, async (c) => {
    const outcome = await change(c, c.var.workspace.slug, {
      type: "server.disconnect",
      slug: c.req.valid("param").server,
      memberId: c.req.valid("query").agent ?? requireMemberId(c),
      person: c.var.person,
    });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(listOfServer, async (c) => {
    const { db, workspace } = c.var;
    const server = await findServer(db, workspace.id, c.req.valid("param").server);
    if (!server) return respondNotFound(c, "server");
    return c.json({ items: await openWorkspace(c).listAccounts({ serverId: server.id }) }, 200);
  })
  .openapi(end, async (c) => {
    const { server: slug, member: memberId } = c.req.valid("param");
    const command = { type: "server.disconnect", slug, memberId } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });

function openWorkspace(c: Context<ManagementEnv>) {
  return workspacesOf(c.env).getByName(c.var.workspace.slug);
}
