import type { User } from "../contract/api/people.ts";
import type { IssuerIdentity } from "../contract/records/identity-issuer.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import { newId } from "../crypto/ids.ts";
import { openDb, type Db } from "../db/database.ts";
import { touchMember } from "../db/member-activity.ts";
import { restoreSignInLink, type SignInLinkRecord } from "../db/sign-in-links.ts";
import {
  findMembership,
  findPasskey,
  findUser,
  insertUser,
  replaceSignInMethods,
  type PasskeyRecord,
} from "../db/users.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { recordUse } from "../identity/record-use.ts";
import { consumeSignInLink, findSignInLink } from "../identity/sign-in-links.ts";
import type { Env } from "../runtime/env.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { endTemporaryTokens } from "./end-temporary-tokens.ts";
import { ROLES } from "./roles.ts";

/**
 * Who accepts a link: a new user with a passkey or a verified e-mail address, one that the workspace's company has identified,
 * or an existing user.
 */
type LinkAccepter =
  | { kind: "passkey"; name: string; passkey: PasskeyRecord }
  | { kind: "email"; name: string; email: string }
  | { kind: "company"; name: string; workspaceId: string; identity: IssuerIdentity }
  | { kind: "user"; user: User };

type LinkAcceptance = { ok: true; user: User } | { ok: false; refusal: Refusal };

/** Makes a user's id before the user exists: a passkey is registered for a user id. */
export function newUserId(): string {
  return newId("usr");
}

/**
 * Accepts a single-use link. Setup link: creates the first owner. Invitation: lets the user join as the member.
 * Recovery link: replaces the user's sign-in methods by the new passkey. The link is consumed first, so that of
 * concurrent attempts one succeeds. If a later step fails, the link is valid again.
 */
export async function acceptSignInLink(
  env: Env,
  secret: string,
  accepter: LinkAccepter,
): Promise<LinkAcceptance> {
  const db = openDb(env.DB);
  const link = await findSignInLink(db, secret);
  if (!link) return { ok: false, refusal: LINK_UNUSABLE };
  const refusal = await checkAcceptance(db, link, accepter);
  if (refusal) return { ok: false, refusal };
  if (!(await consumeSignInLink(db, secret))) return { ok: false, refusal: LINK_UNUSABLE };
  try {
    const accepted = await acceptConsumedLink(env, db, link, accepter);
    // Without its member or user the link stays unusable.
    if (!accepted.ok && accepted.refusal.code !== "not_found") await restoreSignInLink(db, link);
    return accepted;
  } catch (error) {
    await restoreSignInLink(db, link);
    throw error;
  }
}

async function acceptConsumedLink(
  env: Env,
  db: Db,
  link: SignInLinkRecord,
  accepter: LinkAccepter,
): Promise<LinkAcceptance> {
  if (link.kind === "recovery") return recoverUser(env, db, link, accepter);
  if (accepter.kind === "user") return joinWorkspace(env, link, accepter.user);
  const created = await createUser(db, link, accepter);
  if (!created.ok) return created;
  const identity = accepter.kind === "company" ? accepter.identity : undefined;
  return joinWorkspace(env, link, created.user, identity);
}

/** Returns why this accepter cannot use a valid link; null: no objection. */
async function checkAcceptance(
  db: Db,
  link: SignInLinkRecord,
  accepter: LinkAccepter,
): Promise<Refusal | null> {
  if (accepter.kind === "passkey" && (await findPasskey(db, accepter.passkey.id)))
    return PASSKEY_EXISTS;
  if (link.kind === "recovery") return accepter.kind === "passkey" ? null : NEEDS_PASSKEY;
  if (
    accepter.kind === "company" &&
    (link.kind !== "invitation" || link.workspaceId !== accepter.workspaceId)
  )
    return LINK_UNUSABLE;
  const { workspaceId } = link;
  if (workspaceId !== null && !(await findWorkspaceById(db, workspaceId))) return WORKSPACE_DELETED;
  if (
    accepter.kind === "user" &&
    workspaceId !== null &&
    (await findMembership(db, workspaceId, accepter.user.id))
  )
    return ALREADY_MEMBER;
  if (link.kind === "setup" || (await canCreatorStillInvite(db, link))) return null;
  return CREATOR_LOST_ROLE;
}

async function createUser(
  db: Db,
  link: SignInLinkRecord,
  accepter: Exclude<LinkAccepter, { kind: "user" }>,
): Promise<LinkAcceptance> {
  const passkey = accepter.kind === "passkey" ? accepter.passkey : null;
  const user: User = {
    id: passkey?.userId ?? newUserId(),
    name: accepter.name,
    email: accepter.kind === "email" ? accepter.email : null,
    isFounder: link.kind === "setup",
    createdAt: Date.now(),
    managesHosts: link.kind === "setup" && link.managesHosts,
    curatesMarketplace: link.kind === "setup" && link.curatesMarketplace,
  };
  const { id, createdAt: _createdAt, ...known } = user;
  const detail = { ...known, link: link.id };
  const event = makeAuditEvent(id, "user.created", `user:${id}`, detail);
  const isStored = await insertUser(db, user, passkey, event);
  return isStored ? { ok: true, user } : { ok: false, refusal: PASSKEY_EXISTS };
}

async function joinWorkspace(
  env: Env,
  link: SignInLinkRecord,
  user: User,
  identity?: IssuerIdentity,
): Promise<LinkAcceptance> {
  if (link.workspaceId === null) return { ok: true, user };
  const db = openDb(env.DB);
  const workspace = await findWorkspaceById(db, link.workspaceId);
  if (!workspace) return { ok: false, refusal: WORKSPACE_DELETED };
  const object = workspacesOf(env).getByName(workspace.slug);
  const { memberId: id, role } = link;
  const input = { name: user.name, role: "owner" } as const;
  const joined =
    id === null
      ? await object.change(
          { type: "member.create", input, userId: user.id },
          user.id,
          workspace.id,
        )
      : await object.change(
          { type: "member.join", id, userId: user.id, role, ...(identity ? { identity } : {}) },
          user.id,
          workspace.id,
        );
  if (!joined.ok) return joined;
  await recordUse(touchMember(db, joined.result.member.id, Date.now()));
  return { ok: true, user };
}

/** An invitation is invalid once its creator has lost the role to invite, and while the creator is suspended. */
async function canCreatorStillInvite(
  db: Db,
  { workspaceId, createdBy, role }: SignInLinkRecord,
): Promise<boolean> {
  if (createdBy === "operator") return true;
  const creator = await findMembership(db, workspaceId ?? "", createdBy);
  if (!creator || creator.suspendedAt !== null) return false;
  const isForOwners = role === "owner" || role === "auditor";
  return ROLES[isForOwners ? "owner.manage" : "member.manage"].includes(creator.role);
}

/** Ends all sessions of the user: an attacker can hold one. */
async function recoverUser(
  env: Env,
  db: Db,
  link: SignInLinkRecord,
  accepter: LinkAccepter,
): Promise<LinkAcceptance> {
  const user = link.userId === null ? undefined : await findUser(db, link.userId);
  if (!user || accepter.kind !== "passkey" || accepter.passkey.userId !== user.id)
    return { ok: false, refusal: LINK_UNUSABLE };
  const event = makeAuditEvent(user.id, "user.recovered", `user:${user.id}`, { link: link.id });
  const isStored = await replaceSignInMethods(db, accepter.passkey, event);
  if (!isStored) return { ok: false, refusal: PASSKEY_EXISTS };
  await endTemporaryTokens(env, db, user.id);
  return { ok: true, user };
}

/** Refusal of a link that is unknown, used, expired or withdrawn. */
export const LINK_UNUSABLE: Refusal = {
  code: "not_found",
  message: "This link was used, expired or withdrawn. Request a new one.",
};

/** Refusal of an invitation to a workspace of which the user is a member. */
export const ALREADY_MEMBER: Refusal = {
  code: "conflict",
  message: "You are already a member of this workspace.",
};

/** Refusal of a passkey that is registered already, for this user or another one. */
export const PASSKEY_EXISTS: Refusal = {
  code: "conflict",
  message: "This passkey is registered already. Choose another authenticator.",
};

const NEEDS_PASSKEY: Refusal = {
  code: "conflict",
  message: "This link sets up a new passkey. Continue with a passkey.",
};

const CREATOR_LOST_ROLE: Refusal = {
  code: "conflict",
  message: "The creator of this link is no longer allowed to invite. Request a new link.",
};

const WORKSPACE_DELETED: Refusal = {
  code: "conflict",
  message: "The workspace of this link was deleted.",
};
