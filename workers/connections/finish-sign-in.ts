import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { openDb, type Db } from "../db/database.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import { clientAddress } from "../http/client-address.ts";
import { passesStrangerLimit } from "../http/stranger-limit.ts";
import { findBrowserSession, SESSION_COOKIE } from "../identity/browser-sessions.ts";
import { findRoleNow } from "../identity/caller.ts";
import { ROLES } from "../management/roles.ts";
import type { Env } from "../runtime/env.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { redeemCode } from "../upstream/sign-in/token-requests.ts";
import { callbackPage, toDashboardPath } from "./callback-page.ts";
import { takePendingSignIn, type PendingSignIn } from "./pending-sign-ins.ts";
import { UpstreamClients } from "./upstream-clients.ts";

type C = Context<{ Bindings: Env }>;

/**
 * Where authorization servers send the browser back. The sign-in must end in the browser session in which it began:
 * otherwise an attacker could have another person's browser connect the server with an account of their own (RFC 6819, section
 * 4.4.1.8). The person's role is read again.
 */
export async function finishSignIn(c: C): Promise<Response> {
  const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
  if (!(await passesStrangerLimit(c.env, address))) {
    const message = "Too many requests come from here. Wait a minute, and open this page again.";
    return callbackPage(c, 429, "Wait a minute", message, null);
  }
  const db = openDb(c.env.DB);
  const parameters = new URL(c.req.url).searchParams;
  const state = parameters.get("state") ?? "";
  const cookie = getCookie(c, SESSION_COOKIE, "host");
  const session = cookie ? await findBrowserSession(db, cookie) : undefined;
  const sessionId = session?.record.id ?? null;
  const signIn = state === "" ? null : await takePendingSignIn(db, state, sessionId);
  if (!signIn) {
    const message = "It was begun more than ten minutes ago, or never. Connect the server again.";
    return callbackPage(c, 400, "This sign-in has expired", message, null);
  }
  if ("isUsed" in signIn) {
    const message =
      sessionId !== null && sessionId === signIn.sessionId
        ? "You have opened its address a second time. The page from which you came says whether the server is connected."
        : "Its address was opened before in another session of the dashboard. If that was not you, nothing of yours was connected. Connect the server again.";
    return callbackPage(c, 400, "This sign-in was used already", message, signIn);
  }
  if (!session || sessionId !== signIn.sessionId) {
    const message =
      "It can only end in the browser and the session of the dashboard in which it began. Connect the server again from there.";
    return callbackPage(c, 403, "This sign-in began in another session", message, signIn);
  }
  const caller = { kind: "user", session } as const;
  const role = await findRoleNow(db, caller, signIn.workspaceId);
  // The object decides whether the account is still theirs to connect.
  const action = signIn.memberId === null ? "server.manage" : "me.use";
  if (!role || !ROLES[action].includes(role)) {
    const message = "Your role in the workspace has changed meanwhile. Ask an owner or admin.";
    return callbackPage(c, 403, "You cannot connect this server any more", message, signIn);
  }
  return redeem(c, db, signIn, parameters, state, session.user.id);
}

async function redeem(
  c: C,
  db: Db,
  signIn: PendingSignIn,
  parameters: URLSearchParams,
  state: string,
  person: string,
): Promise<Response> {
  const { provider, serverId, memberId, url, scopes, workspaceId, workspaceSlug } = signIn;
  const { codeVerifier, redirectUri, namesIssuer } = signIn;
  const { host } = new URL(provider.issuer);
  const options = { budgets: budgetsOf(c.env), ...egressOf(c.env) };
  const response = { parameters, state, codeVerifier, redirectUri, namesIssuer };
  const result = await redeemCode(provider, response, options);
  if (result.kind !== "issued") {
    const workspace = await findWorkspaceById(db, workspaceId);
    if (workspace && result.kind === "refused" && result.reason === "client_deleted")
      await new UpstreamClients(db, c.env, workspace).forget(provider.issuer, redirectUri);
    const message = `At ${host}: ${result.message}. You can connect the server again.`;
    return callbackPage(c, 400, "The sign-in has failed", message, signIn);
  }
  const { tokens } = result;
  const type = "server.connect" as const;
  const outcome = await workspacesOf(c.env)
    .getByName(workspaceSlug)
    .change(
      { type, serverId, memberId, url, provider, tokens, scopes, person },
      person,
      workspaceId,
    );
  if (!outcome.ok)
    return callbackPage(c, 409, "The sign-in was not stored", outcome.refusal.message, signIn);
  return c.redirect(toDashboardPath(signIn), 303);
}
