import type {
  ConnectionRecord,
  IssuedTokens,
  ProviderClient,
  SealedTokens,
} from "../../workers/contract/records/connection.ts";
import { openValue, sealValue } from "../../workers/crypto/workspace-key.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { revokeToken, type TokenResult } from "../../workers/upstream/sign-in/token-requests.ts";
import { readStored } from "../storage/stored-json.ts";

/** The part of an access token's lifetime after which it is refreshed. */
const REFRESH_AFTER = 0.8;

/** Two ends of a refresh token within this time of each other are the same: requests take time, and lifetimes are rounded. */
const SAME_END_MS = 60_000;

/** What is sealed of a connection. */
export interface ConnectionSecrets {
  /** Null: `accessToken` is a person's own key. */
  provider: ProviderClient | null;
  accessToken: string;
  refreshToken: string | null;
}

/** What tokens are sealed for: they can be opened for no other server, member, authorization server or resource. */
export type TokenContext = Pick<
  ConnectionRecord,
  "serverId" | "memberId" | "issuer" | "resource"
> & { workspaceId: string };

/** The tokens before a refresh: a refresh token that is not replaced stays valid. */
export interface TokensBefore {
  refreshToken: string | null;
  sealed: SealedTokens;
}

/** Seals tokens that were issued now. `before`: null: they are those of a new sign-in. */
export async function sealTokens(
  key: CryptoKey,
  context: TokenContext,
  provider: ProviderClient | null,
  issued: IssuedTokens,
  now: number,
  before: TokensBefore | null = null,
): Promise<SealedTokens> {
  const { accessToken, refreshToken, expiresIn } = issued;
  const secrets: ConnectionSecrets = {
    provider,
    accessToken,
    refreshToken: refreshToken ?? before?.refreshToken ?? null,
  };
  const { clientExpiresAt } = provider ?? {};
  const lifetimeMs = expiresIn === null ? null : Math.floor(expiresIn * 1_000);
  return {
    sealed: await sealValue(key, toContext(context), JSON.stringify(secrets)),
    issuedAt: now,
    expiresAt: lifetimeMs === null ? null : now + lifetimeMs,
    refreshAt:
      lifetimeMs === null || !isRenewable(secrets)
        ? null
        : now + Math.floor(lifetimeMs * REFRESH_AFTER),
    ...(secrets.refreshToken === null ? {} : toRefreshEnd(issued, now, before?.sealed)),
    ...(clientExpiresAt === undefined ? {} : { clientExpiresAt }),
  };
}

/** Until when the refresh token is valid, and whether a refresh changes that. Nothing: it is not said. */
function toRefreshEnd(
  { refreshToken, refreshExpiresIn }: IssuedTokens,
  now: number,
  before: SealedTokens | undefined,
): Pick<SealedTokens, "refreshExpiresAt" | "isEndFixed"> {
  const endBefore = before?.refreshExpiresAt;
  // The same refresh token, of which the provider says nothing new.
  if (refreshExpiresIn === undefined)
    return refreshToken === null && endBefore !== undefined
      ? { refreshExpiresAt: endBefore, isEndFixed: true }
      : {};
  const refreshExpiresAt = now + Math.floor(refreshExpiresIn * 1_000);
  const isEndFixed = endBefore !== undefined && refreshExpiresAt <= endBefore + SAME_END_MS;
  return { refreshExpiresAt, isEndFixed };
}

/** Whether tokens can be renewed without a person. */
export function isRenewable({ provider, refreshToken }: ConnectionSecrets): boolean {
  return refreshToken !== null || provider?.grant === "client_credentials";
}

/** Null: they were not sealed with this key for this context. */
export async function openTokens(
  key: CryptoKey,
  context: TokenContext,
  { sealed }: SealedTokens,
): Promise<ConnectionSecrets | null> {
  const text = await openValue(key, toContext(context), sealed);
  return text === null ? null : readStored<ConnectionSecrets>(text);
}

/** Revokes tokens at their provider: the refresh token represents the whole sign-in. A person's own key is not known there. */
export async function revokeSecrets(
  { provider, accessToken, refreshToken }: ConnectionSecrets,
  options: UpstreamOptions,
): Promise<void> {
  if (provider) await revokeToken(provider, refreshToken ?? accessToken, options);
}

/** The connection has ended during its refresh: what was issued is not used. */
export async function discardIssued(
  secrets: ConnectionSecrets,
  result: TokenResult,
  options: UpstreamOptions,
): Promise<void> {
  if (result.kind !== "issued") return;
  const { accessToken, refreshToken } = result.tokens;
  await revokeSecrets({ ...secrets, accessToken, refreshToken }, options);
}

function toContext({ workspaceId, serverId, memberId, issuer, resource }: TokenContext): string[] {
  return ["connection", workspaceId, serverId, memberId ?? "", issuer, resource];
}
