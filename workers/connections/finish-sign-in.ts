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
import { takePendingSignIn, type PendingSignIn } from "./pending-sign-ins.ts";
import { UpstreamClients } from "./upstream-clients.ts";

type C = Context<{ Bindings: Env }>;

const AGAIN = "Open the server’s page in the dashboard and connect it again.";

/**
 * Where authorization servers send the browser back. The sign-in must end in the browser session in which it began:
 * otherwise an attacker could have another person's browser connect the server with an account of their own (RFC 6819, section
 * 4.4.1.8). The person's role is read again.
 */
export async function finishSignIn(c: C): Promise<Response> {
  const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
  if (!(await passesStrangerLimit(c.env, address)))
    return explain(c, 429, "Too many requests from here. Wait a minute, and open the page again.");
  const db = openDb(c.env.DB);
  const parameters = new URL(c.req.url).searchParams;
  const state = parameters.get("state") ?? "";
  const signIn = state === "" ? null : await takePendingSignIn(db, state);
  if (!signIn) return explain(c, 400, `This sign-in has expired, or it was used already. ${AGAIN}`);
  const cookie = getCookie(c, SESSION_COOKIE, "host");
  const session = cookie ? await findBrowserSession(db, cookie) : undefined;
  if (session?.record.id !== signIn.sessionId) {
    const message = `This sign-in began in another session of the dashboard, and can only end there. ${AGAIN}`;
    return explain(c, 403, message);
  }
  const caller = { kind: "user", session } as const;
  const role = await findRoleNow(db, caller, signIn.workspaceId);
  // The object decides whether the account is still theirs to connect.
  const action = signIn.memberId === null ? "server.manage" : "me.use";
  if (!role || !ROLES[action].includes(role))
    return explain(c, 403, "You are not allowed to connect servers of this workspace any more.");
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
    return explain(c, 400, `The sign-in at ${host} failed: ${result.message}. ${AGAIN}`);
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
  if (!outcome.ok) return explain(c, 409, `The sign-in was not stored. ${outcome.refusal.message}`);
  const page = signIn.page === "accounts" ? "accounts?server=" : "servers/";
  return c.redirect(`/w/${workspaceSlug}/${page}${signIn.serverSlug}`, 303);
}

/** Plain text: it can quote the authorization server. */
function explain(c: C, status: 400 | 403 | 409 | 429, message: string): Response {
  return c.text(message, status, {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  });
}
