import {
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
} from "oauth4webapi";
import type { ServerRecord, WorkspaceRecord } from "../contract/records/workspace.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import type { Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import type { UpstreamOptions } from "../upstream/json-rpc.ts";
import { discoverProvider, type Provider } from "../upstream/sign-in/discover.ts";
import {
  CALLBACK_PATH,
  identifyClient,
  toEnteredIdentity,
  type ClientIdentity,
} from "../upstream/sign-in/register-client.ts";
import { joinScopes } from "../upstream/sign-in/scopes.ts";
import { savePendingSignIn } from "./pending-sign-ins.ts";
import { UpstreamClients } from "./upstream-clients.ts";

/** Who signs in where. */
export interface SignInRequest {
  db: Db;
  env: Env;
  workspace: WorkspaceRecord;
  server: ServerRecord;
  /** The browser session of the person. */
  sessionId: string;
  /** The origin of the gateway, to which the authorization server sends the browser back. */
  origin: string;
  /** The client id and secret that an admin has entered; null: those that are known, or the gateway gets its own. */
  entered: { id: string; secret: string | null } | null;
  /** Whether the authorization server does not know the gateway's client id any more. */
  isClientDeleted: boolean;
  /** Scopes to ask for beside those of the server's metadata, at this authorization server only; null: none. */
  before: { issuer: string; scopes: string[] } | null;
  /** The member whose calls use the account; null: those of the whole workspace. */
  memberId: string | null;
  /** The page of the dashboard to which the person comes back. */
  page: "server" | "accounts";
}

/** The address to open at the authorization server, or why there is none. */
export type SignInBegun =
  | { ok: true; to: string; issuer: string }
  | { ok: false; refusal: Refusal };

/** Begins the sign-in of the gateway at a server (2025-11-25, "Authorization flow"): PKCE with S256, `state` and `resource`. */
export async function beginSignIn(request: SignInRequest): Promise<SignInBegun> {
  const { db, env, workspace, server, origin } = request;
  const options = { budgets: budgetsOf(env), ...egressOf(env) };
  const found = await discoverProvider({ url: server.url, headers: server.headers }, options);
  if (found.kind === "none")
    return refuse("The server does not ask for a sign-in (OAuth): enter a credential instead.");
  if (found.kind === "unusable") return refuse(`${found.message}.`);
  const { provider } = found;
  const redirectUri = `${origin}${CALLBACK_PATH}`;
  const identity = await findIdentity(request, provider, redirectUri, options);
  if (typeof identity === "string") return refuse(identity);
  const { metadata, resource } = provider;
  const isSame = request.before?.issuer === metadata.issuer;
  const scopes = joinScopes(provider.scopes, isSame ? (request.before?.scopes ?? []) : []);
  const state = generateRandomState();
  const codeVerifier = generateRandomCodeVerifier();
  await savePendingSignIn(db, state, {
    sessionId: request.sessionId,
    workspaceId: workspace.id,
    workspaceSlug: workspace.slug,
    serverId: server.id,
    serverSlug: server.slug,
    memberId: request.memberId,
    page: request.page,
    url: server.url,
    provider: {
      issuer: metadata.issuer,
      tokenEndpoint: metadata.token_endpoint,
      revocationEndpoint: metadata.revocation_endpoint ?? null,
      resource,
      ...identity,
    },
    scopes,
    codeVerifier,
    redirectUri,
    namesIssuer: metadata.authorization_response_iss_parameter_supported ?? false,
  });
  const to = new URL(metadata.authorization_endpoint);
  const query = {
    response_type: "code",
    client_id: identity.clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
    resource,
    ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
  };
  for (const [name, value] of Object.entries(query)) to.searchParams.set(name, value);
  return { ok: true, to: to.href, issuer: metadata.issuer };
}

/** A sentence: there is none. */
async function findIdentity(
  { db, env, workspace, origin, entered, isClientDeleted }: SignInRequest,
  provider: Provider,
  redirectUri: string,
  options: UpstreamOptions,
): Promise<ClientIdentity | string> {
  const { metadata } = provider;
  const clients = new UpstreamClients(db, env, workspace);
  if (entered) {
    const identity = toEnteredIdentity(metadata, entered.id, entered.secret);
    await clients.save(metadata.issuer, redirectUri, identity, true);
    return identity;
  }
  const known = isClientDeleted ? null : await clients.find(metadata.issuer, redirectUri);
  if (known) return known;
  const { host } = new URL(metadata.issuer);
  try {
    const identity = await identifyClient(provider, origin, options);
    if (!identity)
      return `${host} does not register clients by itself. Register the gateway there with the redirect address ${redirectUri}, and enter its client id and secret here.`;
    await clients.save(metadata.issuer, redirectUri, identity, false);
    return identity;
  } catch (error) {
    // Whatever the authorization server has answered: an admin can register the gateway there by hand.
    logFailure("client_not_registered", error);
    return `${host} did not register the gateway as a client. Try again, or register it there with the redirect address ${redirectUri}, and enter its client id and secret here.`;
  }
}

function refuse(message: string): SignInBegun {
  return { ok: false, refusal: { code: "conflict", message } };
}
