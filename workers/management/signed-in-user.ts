import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Me, SignInMethod, User } from "../contract/api/people.ts";
import { deleteBrowserSession } from "../db/browser-sessions.ts";
import type { Db } from "../db/database.ts";
import { countSignInMethods, listMemberships, type MembershipRecord } from "../db/users.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import {
  findBrowserSession,
  isLimited,
  reachesWorkspace,
  SESSION_COOKIE,
  startBrowserSession,
  type BrowserSession,
  type SessionLimit,
} from "../identity/browser-sessions.ts";
import type { ManagementEnv } from "./authorize.ts";
import { endTemporaryTokens } from "./end-temporary-tokens.ts";
import { listActions } from "./roles.ts";

/** Sets the cookie of a browser session. `secret`: the session's secret. */
export function setSessionCookie(c: Context<ManagementEnv>, secret: string): void {
  setCookie(c, SESSION_COOKIE, secret, {
    prefix: "host",
    secure: true,
    httpOnly: true,
    sameSite: "Lax",
    path: "/",
  });
}

/** Starts a browser session for the user, sets its cookie, and ends the session that this browser had before. */
export async function signIn(
  c: Context<ManagementEnv>,
  user: User,
  method: SignInMethod,
  limit: SessionLimit | null = null,
): Promise<Me> {
  const { db } = c.var;
  const cookie = getCookie(c, SESSION_COOKIE, "host");
  const last = cookie ? await findBrowserSession(db, cookie) : undefined;
  if (last) {
    const { user: lastUser, record } = last;
    const event = makeAuditEvent(lastUser.id, "session.ended", `session:${record.id}`);
    await deleteBrowserSession(db, lastUser.id, record.id, event);
    await endTemporaryTokens(c.env, db, lastUser.id);
  }
  const userAgent = c.req.header("user-agent") ?? "";
  const { secret, session } = await startBrowserSession(db, user, method, userAgent, limit);
  setSessionCookie(c, secret);
  return toMe(db, session);
}

/** Returns the user of a session, the session, and the user's permissions by workspace. */
export async function toMe(db: Db, session: BrowserSession): Promise<Me> {
  const { user, record, csrfToken, steppedUpUntil } = session;
  const [methods, memberships] = await Promise.all([
    countSignInMethods(db, user.id),
    listMemberships(db, user.id),
  ]);
  const { id, method, expiresAt } = record;
  const reached = memberships.filter(({ workspace }) => reachesWorkspace(session, workspace.id));
  return {
    user,
    session: {
      id,
      method,
      csrfToken,
      steppedUpUntil,
      expiresAt,
      limitedTo: isLimited(session) ? (reached[0]?.workspace.slug ?? "") : null,
    },
    passkeys: methods.passkeys,
    recoveryCodesLeft: methods.recoveryCodes,
    canCreateWorkspaces: !isLimited(session) && (user.isFounder || memberships.some(isActiveOwner)),
    memberships: reached.map((row) => ({
      ...row,
      actions: row.suspendedAt === null ? listActions(row.role) : [],
    })),
  };
}

/** Whether a membership lets its user create workspaces. */
export function isActiveOwner({ role, suspendedAt }: MembershipRecord): boolean {
  return role === "owner" && suspendedAt === null;
}

/** Returns the caller's browser session. Throws on routes whose permission admits other callers. */
export function requireBrowserSession(c: Context<ManagementEnv>): BrowserSession {
  const { caller } = c.var;
  if (caller?.kind !== "user") throw new Error("the route's permission is not limited to users");
  return caller.session;
}
