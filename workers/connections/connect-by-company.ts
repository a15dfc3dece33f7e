import type { ProviderClient } from "../contract/records/connection.ts";
import type { ServerRecord, WorkspaceRecord } from "../contract/records/workspace.ts";
import { findCompanyTokens } from "../db/company-tokens.ts";
import { openDb } from "../db/database.ts";
import { findServer, findWorkspace } from "../db/workspaces.ts";
import { openProvider } from "../management/company-sign-in.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent, logFailure } from "../runtime/log.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { discoverProvider } from "../upstream/sign-in/discover.ts";
import { requestAssertion } from "../upstream/sign-in/id-jag.ts";
import { CALLBACK_PATH } from "../upstream/sign-in/register-client.ts";
import { JWT_BEARER, redeemIdJag } from "../upstream/sign-in/token-requests.ts";
import { openCompanyTokens, storeCompanyTokens } from "./company-tokens.ts";
import { UpstreamClients } from "./upstream-clients.ts";

/** Whose account at which server is to be connected. `origin`: of the gateway. */
export interface CompanyAccount {
  env: Env;
  origin: string;
  slug: string;
  server: string;
  memberId: string;
}

/** Null: the account is connected. Else why it is not, a sentence without a full stop. */
type Problem = string | null;

/** Time until a member's account at a server is tried again after a failure: each call asks for it. */
const RETRY_AFTER_MS = 10_000;
const MAX_FAILURES = 1_000;
/** What has failed in this isolate, and until when (epoch ms) it is not tried. */
const failures = new Map<string, { problem: string; until: number }>();

/**
 * Connects a member's account at a server by the company's sign-in, without consent: an identity assertion of the company's
 * provider (RFC 8693), for which the server's authorization server gives an access token (RFC 7523). The token is stored as the
 * member's account at this server, and has no refresh token: when it ends, the provider decides again.
 */
export async function connectByCompany(account: CompanyAccount): Promise<Problem> {
  const { slug, server, memberId } = account;
  const key = `${slug} ${server} ${memberId}`;
  const known = failures.get(key);
  if (known && known.until > Date.now()) return known.problem;
  failures.delete(key);
  const problem = await tryConnect(account);
  if (problem === null) return null;
  logEvent({ event: "company_account_refused", workspace: slug, server });
  if (failures.size >= MAX_FAILURES) failures.clear();
  failures.set(key, { problem, until: Date.now() + RETRY_AFTER_MS });
  return problem;
}

async function tryConnect(account: CompanyAccount): Promise<Problem> {
  const { env, slug, memberId } = account;
  try {
    const db = openDb(env.DB);
    const workspace = await findWorkspace(db, slug);
    const server = workspace && (await findServer(db, workspace.id, account.server));
    if (!server) return "The server was removed";
    const found = await findCompanyTokens(db, workspace.id, memberId);
    if (!found?.issuer.isEnabled || found.userId === null)
      return "You have not signed in by your company since this server uses its sign-in: sign in to the dashboard with the company’s account";
    const target = await findTarget(account, workspace, server);
    if (typeof target === "string") return target;
    const tokens = await openCompanyTokens({ env, workspace }, found.tokens);
    if (!tokens) return "Your company sign-in cannot be read: sign in to the dashboard again";
    const opened = await openProvider(env, workspace, found.issuer);
    if (!opened.ok) return opened.problem.replace(/\.$/, "");
    const options = { budgets: budgetsOf(env), ...egressOf(env) };
    const { provider, scopes } = target;
    const { sealed: _sealed, storedAt: _at, ...of } = found.tokens;
    const requested = await requestAssertion(
      opened.client,
      { tokens, subject: of.subject },
      { audience: provider.issuer, resource: provider.resource, scopes },
      (renewed) => storeCompanyTokens({ env, db, workspace }, of, renewed),
      options,
    );
    if (!requested.ok) return requested.problem;
    const result = await redeemIdJag(provider, requested.assertion, scopes, options);
    const { host } = new URL(provider.issuer);
    if (result.kind !== "issued")
      return `${host} did not accept the company’s sign-in: ${result.message}`;
    const outcome = await workspacesOf(env)
      .getByName(slug)
      .change(
        {
          type: "server.connect",
          serverId: server.id,
          memberId,
          url: server.url,
          provider,
          // The provider decides each time: a refresh token would outlive the person's account there.
          tokens: { ...result.tokens, refreshToken: null },
          scopes,
          person: found.userId,
          byCompany: true,
        },
        "system",
        workspace.id,
      );
    return outcome.ok ? null : outcome.refusal.message.replace(/\.$/, "");
  } catch (error) {
    logFailure("company_account_failed", error, { workspace: slug });
    return "The company’s sign-in could not be used";
  }
}

/** Where the server's tokens come from, with the client that the gateway is there. A sentence: they cannot be got without consent. */
async function findTarget(
  { env, origin }: CompanyAccount,
  workspace: WorkspaceRecord,
  server: ServerRecord,
): Promise<{ provider: ProviderClient; scopes: string[] } | string> {
  const options = { budgets: budgetsOf(env), ...egressOf(env) };
  const found = await discoverProvider({ url: server.url, headers: server.headers }, options);
  if (found.kind === "none") return "The server does not ask for a sign-in (OAuth)";
  if (found.kind === "unusable") return found.message;
  const { metadata, resource, scopes } = found.provider;
  const { host } = new URL(metadata.issuer);
  if (!metadata.grant_types_supported?.includes(JWT_BEARER))
    return `${host} does not accept identity assertions`;
  const clients = new UpstreamClients(openDb(env.DB), env, workspace);
  const identity = await clients.find(metadata.issuer, `${origin}${CALLBACK_PATH}`);
  // The draft wants a confidential client, which the provider knows by the same id.
  if (!identity || identity.clientSecret === null)
    return `The gateway has no client with a secret at ${host}: an admin can enter its id and secret on the server’s page`;
  const provider = {
    issuer: metadata.issuer,
    tokenEndpoint: metadata.token_endpoint,
    revocationEndpoint: metadata.revocation_endpoint ?? null,
    resource,
    ...identity,
  };
  return { provider, scopes: scopes.filter((scope) => scope !== "offline_access") };
}
