import type { SignInReason } from "../../workers/contract/records/connection.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import type { Challenge } from "../../workers/upstream/sign-in/challenge.ts";
import {
  discoverProvider,
  fetchChallenge,
  fetchRefusal,
} from "../../workers/upstream/sign-in/discover.ts";
import { readScopes } from "../../workers/upstream/sign-in/scopes.ts";
import { toReason } from "../../workers/upstream/sign-in/token-requests.ts";

/**
 * Why a server refuses a token that its authorization server renews or does not give up. `issuer`: the authorization server
 * that made it; `authorization`: null: it has expired.
 */
export async function findReason(
  server: ServerRecord,
  issuer: string,
  authorization: string | null,
  options: UpstreamOptions,
): Promise<SignInReason> {
  const found = await discoverProvider({ url: server.url, headers: server.headers }, options);
  if (found.kind === "found" && found.provider.metadata.issuer !== issuer) return "issuer_changed";
  if (authorization === null) return "expired";
  const challenge = await challengeOf(server, authorization, options);
  return toReason("invalid_grant", challenge?.description ?? "") ?? "revoked";
}

/**
 * Why a server refuses a token or key that cannot be renewed, after it was asked once more; null: it accepts it, or says
 * nothing of it. `issuer`: as for `findReason`; null: it is a person's own key.
 */
export async function confirmRefusal(
  server: ServerRecord,
  issuer: string | null,
  sent: { header: string; value: string },
  options: UpstreamOptions,
): Promise<SignInReason | null> {
  const { url, headers } = server;
  const peer = { url, headers: { ...headers, [sent.header]: sent.value } };
  const refusal = await fetchRefusal(peer, options);
  // Only servers with OAuth have to send a challenge.
  if (issuer === null) return refusal?.status === 401 ? "revoked" : null;
  const challenge = refusal?.challenge;
  if (!challenge || challenge.error === "insufficient_scope") return null;
  return findReason(server, issuer, sent.value, options);
}

/** The scopes for which a server refuses a token with 403; null: it does not say that it wants any. */
export async function findMissingScopes(
  server: ServerRecord,
  authorization: string,
  options: UpstreamOptions,
): Promise<string[] | null> {
  const challenge = await challengeOf(server, authorization, options);
  return challenge?.error === "insufficient_scope" ? readScopes(challenge.scope ?? "") : null;
}

function challengeOf(
  { url, headers }: ServerRecord,
  authorization: string,
  options: UpstreamOptions,
): Promise<Challenge | null> {
  return fetchChallenge({ url, headers: { ...headers, authorization } }, options);
}
