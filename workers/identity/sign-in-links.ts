import type { SignInLinkKind } from "../contract/api/people.ts";
import type { Role } from "../contract/records/workspace.ts";
import { HOUR_MS } from "../contract/units.ts";
import { newId } from "../crypto/ids.ts";
import type { Db } from "../db/database.ts";
import {
  findSignInLinkByDigest,
  insertSignInLink,
  consumeSignInLinkByDigest,
  type SignInLinkRecord,
} from "../db/sign-in-links.ts";
import { makeAuditEvent } from "./audit-events.ts";
import { digestSecret, newSecret } from "./random-secrets.ts";

/** 256 bits in base64url, as `newSecret` returns them. */
const SECRET = /^[\w-]{43}$/;

interface NewSignInLink {
  kind: SignInLinkKind;
  userId?: string;
  workspaceId?: string;
  member?: { id: string; role: Role };
  expiresInHours: number;
  /** Of a setup link: whether the new user manages the container hosts. Absent: no. */
  managesHosts?: boolean;
  /** Of a setup link: whether the new user curates the marketplace. Absent: no. */
  curatesMarketplace?: boolean;
  /** The caller's name in audit events. */
  actor: string;
  /** The id of the responsible user, or `operator`. */
  createdBy: string;
  /** The object of the audit event: a member, a user, a workspace or the deployment. */
  object: string;
}

/**
 * Creates a single-use link: an invitation, a setup link or a recovery link. It replaces the open link for the same
 * purpose. Only its digest is stored: the URL cannot be shown again.
 */
export async function createSignInLink(
  db: Db,
  origin: string,
  {
    kind,
    userId,
    workspaceId,
    member,
    expiresInHours,
    actor,
    createdBy,
    object,
    ...rights
  }: NewSignInLink,
): Promise<{ url: string; link: SignInLinkRecord }> {
  const secret = newSecret();
  const now = Date.now();
  const link: SignInLinkRecord = {
    id: newId("lnk"),
    digest: await digestSecret(secret),
    kind,
    userId: userId ?? null,
    workspaceId: workspaceId ?? null,
    memberId: member?.id ?? null,
    role: member?.role ?? null,
    createdBy,
    createdAt: now,
    expiresAt: now + expiresInHours * HOUR_MS,
    managesHosts: rights.managesHosts ?? false,
    curatesMarketplace: rights.curatesMarketplace ?? false,
  };
  const action = kind === "invitation" ? "member.invited" : (`${kind}_link.created` as const);
  const event = makeAuditEvent(actor, action, object, { expiresAt: link.expiresAt }, workspaceId);
  await insertSignInLink(db, link, event);
  // In the fragment, which browsers never send: no server log contains the secret.
  return { url: `${origin}/join#${secret}`, link };
}

/** Returns the link with this secret. Undefined: unknown, used, withdrawn or expired. */
export async function findSignInLink(
  db: Db,
  secret: string,
): Promise<SignInLinkRecord | undefined> {
  return SECRET.test(secret)
    ? findSignInLinkByDigest(db, await digestSecret(secret), Date.now())
    : undefined;
}

/** Deletes the link and returns it. Of concurrent attempts, one succeeds; the others get undefined. */
export async function consumeSignInLink(
  db: Db,
  secret: string,
): Promise<SignInLinkRecord | undefined> {
  return SECRET.test(secret)
    ? consumeSignInLinkByDigest(db, await digestSecret(secret), Date.now())
    : undefined;
}
