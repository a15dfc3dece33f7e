import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import type { Me, SignInMethod, User } from "../contract/api/people.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import type { Db } from "../db/database.ts";
import { deleteSession } from "../db/sessions.ts";
import { countSignInWays, listMemberships } from "../db/users.ts";
import { findWorkspaceById, listUserWorkspaces, listWorkspaces } from "../db/workspaces.ts";
import {
  SESSION_COOKIE,
  startSession,
  type IssuedSession,
  type SignedIn,
} from "../identity/browser-sessions.ts";
import type { Caller } from "../identity/caller.ts";
import { toEvent } from "../identity/events.ts";
import type { ManagementEnv } from "./authorize.ts";
import { actionsOf } from "./permissions.ts";

/** Puts a session's secret into the cookie, and answers who is signed in now. */
export async function signedInAnswer(
  c: Context<ManagementEnv>,
  { secret, signedIn }: IssuedSession,
): Promise<Me> {
  setCookie(c, SESSION_COOKIE, secret, {
    prefix: "host",
    secure: true,
    httpOnly: true,
    sameSite: "Lax",
    path: "/",
  });
  return toMe(c.var.db, signedIn);
}

/** Signs a person in, in place of whoever was in this browser before. */
export async function signIn(
  c: Context<ManagementEnv>,
  user: User,
  method: SignInMethod,
): Promise<Me> {
  const { db, principal } = c.var;
  if (principal?.kind === "person") {
    const before = principal.signedIn;
    const event = toEvent(before.user.id, "session.ended", `session:${before.session.id}`);
    await deleteSession(db, before.user.id, before.session.id, event);
  }
  return signedInAnswer(c, await startSession(db, user, method, c.req.header("user-agent") ?? ""));
}

/** Who is signed in, and what that person may do where. */
export async function toMe(db: Db, signedIn: SignedIn): Promise<Me> {
  const { user, session, csrfToken, steppedUpUntil } = signedIn;
  const [ways, rows] = await Promise.all([
    countSignInWays(db, user.id),
    listMemberships(db, user.id),
  ]);
  const { id, method, expiresAt } = session;
  return {
    user,
    session: { id, method, csrfToken, steppedUpUntil, expiresAt },
    passkeys: ways.passkeys,
    recoveryCodesLeft: ways.recoveryCodes,
    mayCreateWorkspaces: user.isFounder || rows.some(({ role }) => role === "owner"),
    memberships: rows.map((row) => ({ ...row, actions: actionsOf(row.role) })),
  };
}

/** The person who is signed in, on routes that only such a one reaches. */
export function signedInOf(c: Context<ManagementEnv>): SignedIn {
  const { principal } = c.var;
  if (principal?.kind !== "person") throw new Error("the route's permission is not for people");
  return principal.signedIn;
}

/** The workspaces that a caller may see, by slug. */
export async function listOwnWorkspaces(
  db: Db,
  principal: Caller | null,
): Promise<WorkspaceRecord[]> {
  switch (principal?.kind) {
    case "operator":
      return listWorkspaces(db);
    case "key": {
      const own = await findWorkspaceById(db, principal.key.workspaceId);
      return own ? [own] : [];
    }
    case "person":
      return listUserWorkspaces(db, principal.signedIn.user.id);
    case undefined:
      return [];
  }
}

/** The operator, the first owner, and whoever owns a workspace may create another; a key may not. */
export async function mayCreateWorkspaces(db: Db, principal: Caller | null): Promise<boolean> {
  if (principal?.kind === "operator") return true;
  if (principal?.kind !== "person") return false;
  const { user } = principal.signedIn;
  if (user.isFounder) return true;
  return (await listMemberships(db, user.id)).some(({ role }) => role === "owner");
}
