import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { Invitation, InvitationInput, IssuedInvitation } from "../contract/api/people.ts";
import { isRoleWithin, type NamedMember } from "../contract/records/workspace.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import { findMember } from "../db/members.ts";
import { deleteInvitation, listInvitations } from "../db/sign-in-links.ts";
import { toLinkOrigin } from "../http/own-origin.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { createSignInLink } from "../identity/sign-in-links.ts";
import type { ManagementEnv } from "./authorize.ts";
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

const tags = ["members"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/invitations",
  tags,
  summary: "List open invitations, oldest first",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(Invitation), "The invitations"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/invitations",
  tags,
  summary: "Invite a new member or a member without sign-in; only this response contains the link",
  request: { params, body: jsonBody(InvitationInput) },
  responses: {
    201: jsonResponse(IssuedInvitation, "The link and the invitation"),
    ...WRITE_ERRORS,
  },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/invitations/{invitation}",
  tags,
  summary: "Withdraw an invitation; the member stays",
  request: { params: z.object({ workspace: z.string(), invitation: z.string() }) },
  responses: { 204: { description: "The invitation is withdrawn" }, ...WRITE_ERRORS },
});

/** Routes for a workspace's invitations. */
export const invitations = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    return c.json({ items: await listInvitations(db, workspace.id, Date.now()) }, 200);
  })
  .openapi(create, async (c) => {
    const { db, workspace, actor, caller } = c.var;
    const input = c.req.valid("json");
    const invited = await findOrCreateInvitee(c, input);
    if (!invited.ok) return refuse(c, invited.refusal);
    const { id: memberId, name: memberName, role } = invited.member;
    const { url, link } = await createSignInLink(db, toLinkOrigin(c.req.header("host") ?? ""), {
      kind: "invitation",
      workspaceId: workspace.id,
      member: { id: memberId, role },
      expiresInHours: input.expiresInHours,
      actor,
      createdBy: caller?.kind === "api-key" ? caller.key.createdBy : actor,
      object: `member:${memberId}`,
    });
    const { id, createdBy, createdAt, expiresAt } = link;
    const invitation = { id, memberId, memberName, role, createdBy, createdAt, expiresAt };
    return c.json({ url, invitation }, 201);
  })
  .openapi(remove, async (c) => {
    const { db, workspace, actor, role } = c.var;
    const { invitation: id } = c.req.valid("param");
    const open = await listInvitations(db, workspace.id, Date.now());
    const invitation = open.find((candidate) => candidate.id === id);
    if (!invitation) return respondNotFound(c, "invitation");
    if (role !== null && !isRoleWithin(invitation.role, role)) return refuse(c, OWNERS_ONLY);
    const object = `member:${invitation.memberId}`;
    await deleteInvitation(
      db,
      id,
      makeAuditEvent(actor, "member.uninvited", object, {}, workspace.id),
    );
    return c.body(null, 204);
  });

/** Returns the invited member: an existing member, or a new one, which it adds. */
async function findOrCreateInvitee(
  c: Context<ManagementEnv>,
  input: z.infer<typeof InvitationInput>,
): Promise<{ ok: true; member: NamedMember } | { ok: false; refusal: Refusal }> {
  const { db, workspace, role } = c.var;
  if ("memberId" in input) {
    const member = await findMember(db, workspace.id, input.memberId);
    if (!member) return { ok: false, refusal: NO_MEMBER };
    if (member.userId) return { ok: false, refusal: HAS_USER };
    if (member.agent) return { ok: false, refusal: IS_AGENT };
    if (role !== null && !isRoleWithin(member.role, role))
      return { ok: false, refusal: OWNERS_ONLY };
    return { ok: true, member };
  }
  const { expiresInHours: _, ...member } = input;
  const command = { type: "member.create", input: member, callerRole: role ?? undefined } as const;
  const outcome = await change(c, workspace.slug, command);
  return outcome.ok ? { ok: true, member: outcome.result.member } : outcome;
}

const NO_MEMBER: Refusal = {
  code: "not_found",
  message: "There is no such member in this workspace.",
};
const HAS_USER: Refusal = {
  code: "conflict",
  message: "This member can already sign in and needs no invitation.",
};
const IS_AGENT: Refusal = {
  code: "conflict",
  message:
    "This member is an agent, which does not sign in to the dashboard: give it a trust rule.",
};
const OWNERS_ONLY: Refusal = {
  code: "forbidden",
  message: "Only an owner can invite an owner or an auditor, or withdraw that. Ask an owner.",
};
