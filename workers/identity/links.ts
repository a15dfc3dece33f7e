import type { LinkKind } from "../contract/api/people.ts";
import type { Role } from "../contract/records/workspace.ts";
import { newId } from "../crypto/ids.ts";
import type { Db } from "../db/database.ts";
import { findLink, insertLink, takeLink, type LinkRecord } from "../db/links.ts";
import { toEvent } from "./events.ts";
import { digestOf, newSecret } from "./random-secrets.ts";

const HOUR_MS = 60 * 60 * 1000;
const SECRET = /^[\w-]{43}$/;

interface NewLink {
  kind: LinkKind;
  userId?: string;
  workspaceId?: string;
  member?: { id: string; role: Role };
  expiresInHours: number;
  /** Who makes it, as audit events name them. */
  actor: string;
  /** The person behind it, or `operator`. */
  createdBy: string;
  /** What it is made for, as an audit event names it. */
  object: string;
}

/** Makes a single-use link; only its digest is stored, so that it can be shown this once. */
export async function createLink(
  db: Db,
  origin: string,
  { kind, userId, workspaceId, member, expiresInHours, actor, createdBy, object }: NewLink,
): Promise<{ url: string; link: LinkRecord }> {
  const secret = newSecret();
  const now = Date.now();
  const link: LinkRecord = {
    id: newId("lnk"),
    digest: await digestOf(secret),
    kind,
    userId: userId ?? null,
    workspaceId: workspaceId ?? null,
    memberId: member?.id ?? null,
    role: member?.role ?? null,
    createdBy,
    createdAt: now,
    expiresAt: now + expiresInHours * HOUR_MS,
  };
  const action = kind === "invitation" ? "member.invited" : `${kind}_link.created`;
  const event = toEvent(actor, action, object, { expiresAt: link.expiresAt }, workspaceId);
  await insertLink(db, link, event);
  // After the `#`, which browsers keep to themselves.
  return { url: `${origin}/join#${secret}`, link };
}

/** The link of a secret, if it is good now. */
export async function readLink(db: Db, secret: string): Promise<LinkRecord | undefined> {
  return SECRET.test(secret) ? findLink(db, await digestOf(secret), Date.now()) : undefined;
}

/** Uses a link up. */
export async function useLink(db: Db, secret: string): Promise<LinkRecord | undefined> {
  return SECRET.test(secret) ? takeLink(db, await digestOf(secret), Date.now()) : undefined;
}
