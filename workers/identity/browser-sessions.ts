import type { SignInMethod, User } from "../contract/api/people.ts";
import { newId } from "../crypto/ids.ts";
import type { Db } from "../db/database.ts";
import {
  findSession,
  insertSession,
  renewSession,
  touchSession,
  type SessionRecord,
} from "../db/sessions.ts";
import { toEvent } from "./events.ts";
import { csrfTokenOf, digestOf, newSecret } from "./random-secrets.ts";

/** Without a request for this long a session is over. */
export const IDLE_MS = 30 * 60 * 1000;
/** However much it is used, a session is over after this long. */
const ABSOLUTE_MS = 12 * 60 * 60 * 1000;
/** How long a fresh ceremony opens the way to dangerous actions. */
const STEP_UP_MS = 5 * 60 * 1000;
/** A session's last use is written down this often at most. */
const TOUCH_AFTER_MS = 60 * 1000;
const MAX_USER_AGENT_LENGTH = 200;

/** The cookie's name without its prefix `__Host-`, which binds it to this host, https and the root path (RFC 6265bis, section 4.1.3.2). */
export const SESSION_COOKIE = "mng_s";

/** Somebody who is signed in, by a session that is good now. */
export interface SignedIn {
  user: User;
  session: SessionRecord;
  csrfToken: string;
  /** Epoch ms; null: dangerous actions need a fresh ceremony. */
  steppedUpUntil: number | null;
}

/** A session that has just got its secret, which goes into the cookie and is stored nowhere. */
export interface IssuedSession {
  secret: string;
  signedIn: SignedIn;
}

/** Signs a person in. Access vouches for the person, not for the person's presence: it opens no dangerous action. */
export async function startSession(
  db: Db,
  user: User,
  method: SignInMethod,
  userAgent: string,
): Promise<IssuedSession> {
  const now = Date.now();
  const secret = newSecret();
  const session: SessionRecord = {
    id: newId("ses"),
    digest: await digestOf(secret),
    userId: user.id,
    method,
    userAgent: userAgent.slice(0, MAX_USER_AGENT_LENGTH),
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + ABSOLUTE_MS,
    steppedUpAt: method === "access" ? null : now,
  };
  await insertSession(
    db,
    session,
    toEvent(user.id, "session.started", `session:${session.id}`, { method }),
  );
  return { secret, signedIn: await toSignedIn(user, session, secret, now) };
}

/** Who is signed in by a cookie's secret; undefined when nobody is, any more. */
export async function findSignedIn(db: Db, secret: string): Promise<SignedIn | undefined> {
  const now = Date.now();
  const found = await findSession(db, await digestOf(secret), now, now - IDLE_MS);
  if (!found) return undefined;
  const { user, session } = found;
  if (session.lastSeenAt <= now - TOUCH_AFTER_MS) await touchSession(db, session.id, now);
  return toSignedIn(user, session, secret, now);
}

/** Gives the session another secret after a fresh ceremony; undefined when it is over meanwhile. */
export async function stepUp(
  db: Db,
  { user, session }: SignedIn,
): Promise<IssuedSession | undefined> {
  const now = Date.now();
  const secret = newSecret();
  const digest = await digestOf(secret);
  if (!(await renewSession(db, session.id, session.digest, digest, now))) return undefined;
  const renewed = { ...session, digest, steppedUpAt: now };
  return { secret, signedIn: await toSignedIn(user, renewed, secret, now) };
}

async function toSignedIn(
  user: User,
  session: SessionRecord,
  secret: string,
  now: number,
): Promise<SignedIn> {
  const until = session.steppedUpAt === null ? 0 : session.steppedUpAt + STEP_UP_MS;
  return {
    user,
    session,
    csrfToken: await csrfTokenOf(secret),
    steppedUpUntil: until > now ? until : null,
  };
}
