import { z } from "zod";
import type { PublishingServices } from "../../contract/marketplace/publishing-services.ts";
import { parseJson } from "../../mcp/json.ts";
import type { Env } from "../../runtime/env.ts";
import { settingsOf } from "../../runtime/settings.ts";
import { exchangeText } from "../../upstream/exchange-text.ts";

// GitHub's web application flow: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps

const TOTAL_MS = 10_000;
const MAX_BYTES = 1024 * 1024;
/** To read of which organizations the person is an owner. */
const SCOPE = "read:org";

const Token = z.object({ access_token: z.string().min(1) });
const Account = z.object({ login: z.string().regex(/^[a-z\d](?:-?[a-z\d]){0,38}$/i) });
const Memberships = z
  .array(z.object({ state: z.string(), role: z.string(), organization: Account }))
  .max(100);

/** The address at which a person signs in. `state`: a secret of this sign-in, which comes back. */
export function toGithubSignIn(
  env: Env,
  { github }: PublishingServices,
  page: string,
  state: string,
) {
  const id = settingsOf(env).githubOauthClient?.id;
  if (id === undefined) return null;
  const query = new URLSearchParams({ client_id: id, redirect_uri: page, scope: SCOPE, state });
  return `${github}/login/oauth/authorize?${query.toString()}`;
}

/**
 * The account of the person who has signed in, and the organizations that it owns; or why they are not known. The access
 * token is forgotten with the request.
 */
export async function readGithubAccounts(
  env: Env,
  { github, githubApi }: PublishingServices,
  page: string,
  code: string,
): Promise<{ accounts: string[] } | { problem: string }> {
  const client = settingsOf(env).githubOauthClient;
  if (!client) return { problem: "this gateway has no GitHub OAuth app" };
  const body = { client_id: client.id, client_secret: client.secret, code, redirect_uri: page };
  const exchanged = await send(env, `${github}/login/oauth/access_token`, {}, JSON.stringify(body));
  if ("problem" in exchanged) return exchanged;
  const token = Token.safeParse(exchanged.value);
  if (!token.success) return { problem: "GitHub did not accept the code. Sign in again" };
  const headers = { authorization: `Bearer ${token.data.access_token}` };
  const [user, memberships] = await Promise.all([
    send(env, `${githubApi}/user`, headers),
    send(env, `${githubApi}/user/memberships/orgs?state=active&per_page=100`, headers),
  ]);
  if ("problem" in user) return user;
  const account = Account.safeParse(user.value);
  if (!account.success) return { problem: "GitHub’s response names no account" };
  // A person can refuse the scope: the own account is proven all the same.
  const listed = Memberships.safeParse("value" in memberships ? memberships.value : []);
  const owned = (listed.data ?? [])
    .filter(({ state, role }) => state === "active" && role === "admin")
    .map(({ organization }) => organization.login);
  return { accounts: [account.data.login, ...owned] };
}

async function send(
  env: Env,
  url: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ value: unknown } | { problem: string }> {
  const sent = await exchangeText(env, {
    url,
    method: body === undefined ? "GET" : "POST",
    headers: {
      accept: "application/json",
      ...headers,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body }),
    maxBytes: MAX_BYTES,
    totalMs: TOTAL_MS,
  });
  if (!sent.ok) return { problem: sent.problem };
  return sent.status === 200
    ? { value: parseJson(sent.text) }
    : { problem: `GitHub responded with status ${sent.status}` };
}
