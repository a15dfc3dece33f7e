import type { SignInMethod, User } from "../contract/api/people.ts";
import { newId } from "../crypto/ids.ts";
import {
  findBrowserSessionByDigest,
  insertBrowserSession,
  replaceSessionSecret,
  touchBrowserSession,
  type BrowserSessionRecord,
} from "../db/browser-sessions.ts";
import type { Db } from "../db/database.ts";
import { makeAuditEvent } from "./audit-events.ts";
import { deriveCsrfToken, digestSecret, newSecret } from "./random-secrets.ts";
import { recordUse } from "./record-use.ts";

/** A session without a request for this long has expired. */
export const SESSION_IDLE_MS = 30 * 60 * 1000;
/** Maximum lifetime of a session, however often it is used. */
const ABSOLUTE_MS = 12 * 60 * 60 * 1000;
/** Sensitive actions are allowed for this long after a passkey check. */
const STEP_UP_MS = 5 * 60 * 1000;
/** `lastSeenAt` is stored at most this often. */
const TOUCH_AFTER_MS = 60 * 1000;
/** Longer `User-Agent` headers are cut: the text is only displayed. */
const MAX_USER_AGENT_LENGTH = 200;

/** Cookie name without the `__Host-` prefix, which binds it to this host, https and path / (RFC 6265bis, 4.1.3.2). */
export const SESSION_COOKIE = "mng_s";

/** A valid browser session with its user. */
export interface BrowserSession {
  user: User;
  record: BrowserSessionRecord;
  csrfToken: string;
  /** Epoch ms until which sensitive actions are allowed; null: they need a new passkey check. */
  steppedUpUntil: number | null;
}

/** A browser session with its new secret. The secret is sent in the cookie; only its digest is stored. */
export interface IssuedBrowserSession {
  secret: string;
  session: BrowserSession;
}

/** What a session that a company's sign-in began is limited to. */
export interface SessionLimit {
  workspaceId: string;
  issuerId: string;
}

/** Whether a company's sign-in began a session, which reaches that company's workspace only. */
export function isLimited({ record }: BrowserSession): boolean {
  return record.workspaceId !== null;
}

/** Whether a session may reach a workspace: one that a company's sign-in began reaches only that company's. */
export function reachesWorkspace({ record }: BrowserSession, workspaceId: string): boolean {
  return record.workspaceId === null || record.workspaceId === workspaceId;
}

/**
 * Signs a user in and records the event. Cloudflare Access, or a company's sign-in, proves the identity but not the presence of the user, so
 * that such a session starts without permission for sensitive actions.
 */
export async function startBrowserSession(
  db: Db,
  user: User,
  method: SignInMethod,
  userAgent: string,
  limit: SessionLimit | null = null,
): Promise<IssuedBrowserSession> {
  const now = Date.now();
  const secret = newSecret();
  const record: BrowserSessionRecord = {
    id: newId("ses"),
    digest: await toDigest(secret, limit !== null),
    userId: user.id,
    method,
    userAgent: userAgent.slice(0, MAX_USER_AGENT_LENGTH),
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + ABSOLUTE_MS,
    steppedUpAt: method === "access" || method === "company" ? null : now,
    workspaceId: limit?.workspaceId ?? null,
    issuerId: limit?.issuerId ?? null,
  };
  const event = makeAuditEvent(user.id, "session.started", `session:${record.id}`, { method });
  await insertBrowserSession(db, record, event);
  return { secret, session: await toBrowserSession(user, record, secret, now) };
}

/** Returns the session of a cookie's secret; undefined: unknown, ended or expired. Stores the time of use. */
export async function findBrowserSession(
  db: Db,
  secret: string,
): Promise<BrowserSession | undefined> {
  const now = Date.now();
  const found = await findBrowserSessionByDigest(
    db,
    { full: await toDigest(secret, false), limited: await toDigest(secret, true) },
    now,
    now - SESSION_IDLE_MS,
  );
  if (!found) return undefined;
  const { user, record } = found;
  if (record.lastSeenAt <= now - TOUCH_AFTER_MS)
    await recordUse(touchBrowserSession(db, record.id, now));
  return toBrowserSession(user, record, secret, now);
}

/**
 * Records a passkey check and replaces the session's secret, so that an earlier copy of the cookie gains nothing.
 * Returns undefined if the session ended or its secret was replaced in the meantime.
 */
export async function stepUpSession(
  db: Db,
  { user, record }: BrowserSession,
): Promise<IssuedBrowserSession | undefined> {
  const now = Date.now();
  const secret = newSecret();
  const digest = await toDigest(secret, record.workspaceId !== null);
  const event = makeAuditEvent(user.id, "session.stepped_up", `session:${record.id}`);
  const change = { digest, steppedUpAt: now, userId: user.id };
  if (!(await replaceSessionSecret(db, record.id, record.digest, change, event))) return undefined;
  const renewed = { ...record, digest, steppedUpAt: now };
  return { secret, session: await toBrowserSession(user, renewed, secret, now) };
}

/**
 * The digest under which a session is stored. That of a limited one differs, so that a release before the limit does not take it
 * for a session without one.
 */
function toDigest(secret: string, isLimitedTo: boolean): Promise<string> {
  return digestSecret(isLimitedTo ? `limited ${secret}` : secret);
}

async function toBrowserSession(
  user: User,
  record: BrowserSessionRecord,
  secret: string,
  now: number,
): Promise<BrowserSession> {
  const until = record.steppedUpAt === null ? 0 : record.steppedUpAt + STEP_UP_MS;
  return {
    user,
    record,
    csrfToken: await deriveCsrfToken(secret),
    steppedUpUntil: until > now ? until : null,
  };
}
