import type { User } from "../contract/api/people.ts";
import type { ChangeResult, Refusal } from "../contract/rpc/commands.ts";
import { newId } from "../crypto/ids.ts";
import { openDb, type Db } from "../db/database.ts";
import type { LinkRecord } from "../db/links.ts";
import {
  findMembership,
  findUser,
  insertPasskey,
  insertUser,
  type PasskeyRecord,
} from "../db/users.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import { toEvent } from "../identity/events.ts";
import { readLink, useLink } from "../identity/links.ts";
import type { Env } from "../runtime/env.ts";
import { ROLES } from "./permissions.ts";

/** Who accepts a link: somebody new with a passkey or a verified address, or a user who is there already. */
type Accepter =
  | { kind: "passkey"; name: string; passkey: PasskeyRecord }
  | { kind: "email"; name: string; email: string }
  | { kind: "user"; user: User };

type Accepted = "spent" | { ok: true; user: User } | { ok: false; refusal: Refusal };

/** The id that a new person will have, before there is one: passkeys name their user. */
export function newUserId(): string {
  return newId("usr");
}

/**
 * Uses a link up and does what it is for: makes the first owner, lets an invited person in, or gives a person who was
 * locked out a new passkey. It is used up first, so that of many tries one succeeds; if that one fails on the way, a new
 * link is needed.
 */
export async function acceptLink(env: Env, secret: string, accepter: Accepter): Promise<Accepted> {
  const db = openDb(env.DB);
  const link = await readLink(db, secret);
  if (!link) return "spent";
  const refusal = await refusalOf(db, link, accepter);
  if (refusal) return { ok: false, refusal };
  if (!(await useLink(db, secret))) return "spent";
  if (link.kind === "recovery") return recover(db, link, accepter);
  const user = accepter.kind === "user" ? accepter.user : await createUser(db, link, accepter);
  const joined = await joinWorkspace(env, link, user);
  return joined?.ok === false ? joined : { ok: true, user };
}

/** Why a link that is good cannot be used so; null: it can. */
async function refusalOf(db: Db, link: LinkRecord, accepter: Accepter): Promise<Refusal | null> {
  if (link.kind === "recovery") return accepter.kind === "passkey" ? null : NEEDS_PASSKEY;
  const { workspaceId } = link;
  if (
    accepter.kind === "user" &&
    workspaceId !== null &&
    (await findMembership(db, workspaceId, accepter.user.id))
  )
    return ALREADY_MEMBER;
  if (link.kind === "setup" || (await mayStillInvite(db, link))) return null;
  return WITHDRAWN;
}

async function createUser(
  db: Db,
  link: LinkRecord,
  accepter: Exclude<Accepter, { kind: "user" }>,
): Promise<User> {
  const passkey = accepter.kind === "passkey" ? accepter.passkey : null;
  const user: User = {
    id: passkey?.userId ?? newUserId(),
    name: accepter.name,
    email: accepter.kind === "email" ? accepter.email : null,
    isFounder: link.kind === "setup",
    createdAt: Date.now(),
  };
  const { name, email, isFounder } = user;
  const detail = { name, email, isFounder, link: link.id };
  await insertUser(db, user, passkey, toEvent(user.id, "user.created", `user:${user.id}`, detail));
  return user;
}

async function joinWorkspace(env: Env, link: LinkRecord, user: User): Promise<ChangeResult | null> {
  if (link.workspaceId === null) return null;
  const workspace = await findWorkspaceById(openDb(env.DB), link.workspaceId);
  if (!workspace) return { ok: false, refusal: GONE };
  const object = env.WORKSPACES.getByName(workspace.slug);
  const { memberId: id, role } = link;
  if (id !== null) {
    return object.change({ type: "member.join", id, userId: user.id, role }, user.id);
  }
  const input = { name: user.name, role: "owner" } as const;
  return object.change({ type: "member.create", input, userId: user.id }, user.id);
}

/** Who is no admin any more has left no way in. */
async function mayStillInvite(
  db: Db,
  { workspaceId, createdBy, role }: LinkRecord,
): Promise<boolean> {
  if (createdBy === "operator") return true;
  const maker = await findMembership(db, workspaceId ?? "", createdBy);
  const needed = role === "owner" ? "owner.manage" : "member.manage";
  return maker !== undefined && ROLES[needed].includes(maker.role);
}

/** Whoever was signed in as this person is signed out. */
async function recover(db: Db, link: LinkRecord, accepter: Accepter): Promise<Accepted> {
  const user = link.userId === null ? undefined : await findUser(db, link.userId);
  if (!user || accepter.kind !== "passkey" || accepter.passkey.userId !== user.id) return "spent";
  const event = toEvent(user.id, "user.recovered", `user:${user.id}`, { link: link.id });
  await insertPasskey(db, accepter.passkey, true, event);
  return { ok: true, user };
}

const ALREADY_MEMBER: Refusal = {
  code: "conflict",
  message: "You are a member of this workspace already.",
};

const NEEDS_PASSKEY: Refusal = {
  code: "conflict",
  message: "This link is for a new passkey: continue with one.",
};

const WITHDRAWN: Refusal = {
  code: "conflict",
  message: "Whoever made this link may not invite any more: ask for a new one.",
};

const GONE: Refusal = {
  code: "conflict",
  message: "The workspace of this link is deleted.",
};
