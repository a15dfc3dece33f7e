import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { Invitation, InvitationInput, IssuedInvitation } from "../contract/api/people.ts";
import type { MemberRecord } from "../contract/records/workspace.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import { deleteInvitation, listInvitations } from "../db/links.ts";
import { findMember } from "../db/workspaces.ts";
import { toEvent } from "../identity/events.ts";
import { createLink } from "../identity/links.ts";
import { linkOrigin } from "../identity/origin.ts";
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

const tags = ["members"];
const params = z.object({ workspace: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/invitations",
  tags,
  summary: "Open invitations, oldest first",
  request: { params },
  responses: { 200: json(listOf(Invitation), "The invitations"), ...readErrors },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/invitations",
  tags,
  summary: "Invite a new member, or one who cannot sign in yet; the link is shown this once",
  request: { params, body: jsonBody(InvitationInput) },
  responses: { 201: json(IssuedInvitation, "The link and what it is for"), ...writeErrors },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/invitations/{invitation}",
  tags,
  summary: "Withdraw an invitation; the member stays",
  request: { params: z.object({ workspace: z.string(), invitation: z.string() }) },
  responses: { 204: { description: "The link is dead" }, ...writeErrors },
});

export const invitations = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    return c.json({ items: await listInvitations(db, workspace.id, Date.now()) }, 200);
  })
  .openapi(create, async (c) => {
    const { db, workspace, actor, principal } = c.var;
    const input = c.req.valid("json");
    const found = await findInvited(c, input);
    if (!found.ok) return refuse(c, found.refusal);
    const { id: memberId, name: memberName, role } = found.member;
    const { url, link } = await createLink(db, linkOrigin(c.req.header("host") ?? ""), {
      kind: "invitation",
      workspaceId: workspace.id,
      member: { id: memberId, role },
      expiresInHours: input.expiresInHours,
      actor,
      createdBy: principal?.kind === "key" ? principal.key.createdBy : actor,
      object: `member:${memberId}`,
    });
    const { id, createdBy, createdAt, expiresAt } = link;
    const invitation = { id, memberId, memberName, role, createdBy, createdAt, expiresAt };
    return c.json({ url, invitation }, 201);
  })
  .openapi(remove, async (c) => {
    const { db, workspace, actor } = c.var;
    const { invitation: id } = c.req.valid("param");
    const open = await listInvitations(db, workspace.id, Date.now());
    const found = open.find((invitation) => invitation.id === id);
    if (!found) return notFound(c, "invitation");
    const object = `member:${found.memberId}`;
    await deleteInvitation(db, id, toEvent(actor, "member.uninvited", object, {}, workspace.id));
    return c.body(null, 204);
  });

/** The member whom the link is for: one who is there, or one who is added now. */
async function findInvited(
  c: Context<ManagementEnv>,
  input: z.infer<typeof InvitationInput>,
): Promise<{ ok: true; member: MemberRecord } | { ok: false; refusal: Refusal }> {
  const { db, workspace, role } = c.var;
  if ("memberId" in input) {
    const member = await findMember(db, workspace.id, input.memberId);
    if (!member) return { ok: false, refusal: NO_MEMBER };
    if (member.userId) return { ok: false, refusal: SIGNS_IN };
    if (member.role === "owner" && role !== null && role !== "owner")
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
const SIGNS_IN: Refusal = {
  code: "conflict",
  message: "This member signs in already.",
};
const OWNERS_ONLY: Refusal = {
  code: "forbidden",
  message: "Only an owner may invite an owner: ask one.",
};
