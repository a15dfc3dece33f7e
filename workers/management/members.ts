import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { ListedMember, Member, Rules } from "../contract/api/resources.ts";
import { MemberInput, MemberPatch } from "../contract/rpc/commands.ts";
import { RulesInput } from "../contract/rpc/rule-inputs.ts";
import { listMemberActivity } from "../db/member-activity.ts";
import { findMember, listMembers } from "../db/members.ts";
import { deleteMemberInvitation } from "../db/sign-in-links.ts";
import type { ManagementEnv } from "./authorize.ts";
import { endSessions } from "./end-sessions.ts";
import {
  change,
  jsonResponse,
  jsonBody,
  toListSchema,
  respondNotFound,
  READ_ERRORS,
  refuse,
  WRITE_ERRORS,
} from "./responses.ts";
import { toRules } from "./views.ts";

const tags = ["members"];
const params = z.object({ workspace: z.string() });
const memberParams = z.object({ workspace: z.string(), member: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/members",
  tags,
  summary: "List members with their last activity, oldest first",
  request: { params },
  responses: {
    200: jsonResponse(toListSchema(ListedMember), "The workspace's members"),
    ...READ_ERRORS,
  },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/members",
  tags,
  summary: "Add a member",
  request: { params, body: jsonBody(MemberInput) },
  responses: { 201: jsonResponse(Member, "The new member"), ...WRITE_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/members/{member}",
  tags,
  summary: "Get a member",
  request: { params: memberParams },
  responses: { 200: jsonResponse(Member, "The member"), ...READ_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/members/{member}",
  tags,
  summary: "Change a member's name, e-mail address or role",
  request: { params: memberParams, body: jsonBody(MemberPatch) },
  responses: { 200: jsonResponse(Member, "The updated member"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/members/{member}",
  tags,
  summary: "Remove a member and revoke its tokens",
  request: { params: memberParams },
  responses: { 204: { description: "The member is removed" }, ...WRITE_ERRORS },
});

const getRules = createRoute({
  method: "get",
  path: "/{workspace}/members/{member}/rules",
  tags,
  summary: "Get a member's rules",
  request: { params: memberParams },
  responses: { 200: jsonResponse(Rules, "The rules"), ...READ_ERRORS },
});

const setRules = createRoute({
  method: "put",
  path: "/{workspace}/members/{member}/rules",
  tags,
  summary:
    "Replace a member's rules (server_slug:tool_name or server_slug:*); with a version, only if the rules have not changed since",
  request: { params: memberParams, body: jsonBody(RulesInput) },
  responses: { 200: jsonResponse(Rules, "The updated rules"), ...WRITE_ERRORS },
});

/** Routes for a workspace's members and their rules. */
export const members = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    const [records, activities] = await Promise.all([
      listMembers(db, workspace.id),
      listMemberActivity(db, workspace.id, Date.now()),
    ]);
    const none = { lastSeenAt: null, lastCallAt: null, tokens: 0 };
    const items = records.map((member) => ({ ...member, ...(activities.get(member.id) ?? none) }));
    return c.json({ items }, 200);
  })
  .openapi(create, async (c) => {
    const input = c.req.valid("json");
    const command = { type: "member.create", input, callerRole: c.var.role ?? undefined } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(outcome.result.member, 201) : refuse(c, outcome.refusal);
  })
  .openapi(get, async (c) => {
    const member = await findMember(c.var.db, c.var.workspace.id, c.req.valid("param").member);
    return member ? c.json(member, 200) : respondNotFound(c, "member");
  })
  .openapi(update, async (c) => {
    const patch = c.req.valid("json");
    const command = {
      type: "member.update",
      id: c.req.valid("param").member,
      patch,
      callerRole: c.var.role ?? undefined,
    } as const;
    const before = await findMember(c.var.db, c.var.workspace.id, command.id);
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const { member } = outcome.result;
    // A new role ends the user's sessions and the open invitation, which is for the old role.
    if (before?.role !== member.role) {
      await deleteMemberInvitation(c.var.db, member.id);
      if (member.userId) await endSessions(c.env, c.var.db, member.userId);
    }
    return c.json(member, 200);
  })
  .openapi(remove, async (c) => {
    const id = c.req.valid("param").member;
    const command = { type: "member.delete", id, callerRole: c.var.role ?? undefined } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(getRules, async (c) => {
    const member = await findMember(c.var.db, c.var.workspace.id, c.req.valid("param").member);
    return member ? c.json(toRules(member), 200) : respondNotFound(c, "member");
  })
  .openapi(setRules, async (c) => {
    const { member: id } = c.req.valid("param");
    const command = { type: "member.rules", id, ...c.req.valid("json") } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json(toRules(outcome.result.member), 200) : refuse(c, outcome.refusal);
  });
