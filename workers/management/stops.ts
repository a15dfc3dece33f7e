import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { Workspace } from "../contract/api/resources.ts";
import { BlockedClientInput } from "../contract/records/stop.ts";
import { BlockedClient } from "../contract/records/workspace.ts";
import { toCallerName } from "../identity/caller.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";
import { toWorkspace } from "./views.ts";

const tags = ["stops"];
const params = z.object({ workspace: z.string() });
const memberParams = z.object({ workspace: z.string(), member: z.string() });
const tokenParams = z.object({ workspace: z.string(), token: z.string() });

const stopWorkspace = createRoute({
  method: "put",
  path: "/{workspace}/stop",
  tags,
  summary: "Stop all calls of the workspace at once, also those in flight",
  request: { params },
  responses: { 200: jsonResponse(Workspace, "The stopped workspace"), ...WRITE_ERRORS },
});

const liftStop = createRoute({
  method: "delete",
  path: "/{workspace}/stop",
  tags,
  summary: "Lift the stop of the workspace's calls",
  request: { params },
  responses: { 200: jsonResponse(Workspace, "The workspace"), ...WRITE_ERRORS },
});

const suspendMember = createRoute({
  method: "put",
  path: "/{workspace}/members/{member}/suspension",
  tags,
  summary:
    "Suspend a member: its tokens and its access to this workspace in the dashboard are refused at once",
  request: { params: memberParams },
  responses: { 204: { description: "The member is suspended" }, ...WRITE_ERRORS },
});

const liftMemberSuspension = createRoute({
  method: "delete",
  path: "/{workspace}/members/{member}/suspension",
  tags,
  summary: "Lift a member's suspension; its tokens work again",
  request: { params: memberParams },
  responses: { 204: { description: "The member is not suspended" }, ...WRITE_ERRORS },
});

const suspendToken = createRoute({
  method: "put",
  path: "/{workspace}/tokens/{token}/suspension",
  tags,
  summary: "Suspend a token at once; unlike a revoked token, it can work again",
  request: { params: tokenParams },
  responses: { 204: { description: "The token is suspended" }, ...WRITE_ERRORS },
});

const liftTokenSuspension = createRoute({
  method: "delete",
  path: "/{workspace}/tokens/{token}/suspension",
  tags,
  summary: "Lift a token's suspension",
  request: { params: tokenParams },
  responses: { 204: { description: "The token is not suspended" }, ...WRITE_ERRORS },
});

const listBlockedClients = createRoute({
  method: "get",
  path: "/{workspace}/blocked-clients",
  tags,
  summary: "List blocked clients, oldest first",
  request: { params },
  responses: {
    200: jsonResponse(toListSchema(BlockedClient), "The blocked clients"),
    ...READ_ERRORS,
  },
});

const blockClient = createRoute({
  method: "post",
  path: "/{workspace}/blocked-clients",
  tags,
  summary:
    "Block a client by the name that it gives itself; a client that gives another name is not blocked",
  request: { params, body: jsonBody(BlockedClientInput) },
  responses: { 201: jsonResponse(BlockedClient, "The blocked client"), ...WRITE_ERRORS },
});

const unblockClient = createRoute({
  method: "delete",
  path: "/{workspace}/blocked-clients/{client}",
  tags,
  summary: "Unblock a client",
  request: { params: z.object({ workspace: z.string(), client: z.string() }) },
  responses: { 204: { description: "The client is not blocked" }, ...WRITE_ERRORS },
});

type C = Context<ManagementEnv>;

/** Routes that stop calls at once and lift that: of the workspace, a member, a token or a client. */
export const stops = new OpenAPIHono<ManagementEnv>()
  .openapi(stopWorkspace, async (c) => {
    const outcome = await changeWorkspace(c, true);
    return outcome.ok
      ? c.json(toWorkspace(outcome.result.workspace), 200)
      : refuse(c, outcome.refusal);
  })
  .openapi(liftStop, async (c) => {
    const outcome = await changeWorkspace(c, false);
    return outcome.ok
      ? c.json(toWorkspace(outcome.result.workspace), 200)
      : refuse(c, outcome.refusal);
  })
  .openapi(suspendMember, async (c) => {
    const outcome = await changeMember(c, c.req.valid("param").member, true);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(liftMemberSuspension, async (c) => {
    const outcome = await changeMember(c, c.req.valid("param").member, false);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(suspendToken, async (c) => {
    const outcome = await changeToken(c, c.req.valid("param").token, true);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(liftTokenSuspension, async (c) => {
    const outcome = await changeToken(c, c.req.valid("param").token, false);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(listBlockedClients, (c) => c.json({ items: c.var.workspace.blockedClients }, 200))
  .openapi(blockClient, async (c) => {
    const input = c.req.valid("json");
    const command = { type: "client.block", input, by: nameOf(c) } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(outcome.result.client, 201) : refuse(c, outcome.refusal);
  })
  .openapi(unblockClient, async (c) => {
    const id = c.req.valid("param").client;
    const outcome = await change(c, c.var.workspace.slug, { type: "client.unblock", id });
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });

function changeWorkspace(c: C, isStopped: boolean) {
  const command = { type: "workspace.stop", isStopped, by: nameOf(c) } as const;
  return change(c, c.var.workspace.slug, command);
}

function changeMember(c: C, id: string, isSuspended: boolean) {
  const { role, memberId: callerMemberId, workspace } = c.var;
  const caller = { callerRole: role ?? undefined, callerMemberId };
  return change(c, workspace.slug, { type: "member.suspend", id, isSuspended, ...caller });
}

function changeToken(c: C, id: string, isSuspended: boolean) {
  return change(c, c.var.workspace.slug, { type: "token.suspend", id, isSuspended });
}

function nameOf(c: C): string {
  const { caller } = c.var;
  if (!caller) throw new Error("the route's permission admits no caller without identification");
  return toCallerName(caller);
}
