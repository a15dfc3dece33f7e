import type {
  ConnectionRecord,
  IssuedTokens,
  ProviderClient,
  SealedTokens,
} from "../../workers/contract/records/connection.ts";
import { openValue, sealValue } from "../../workers/crypto/workspace-key.ts";
import { readStored } from "../storage/stored-json.ts";

/** The part of an access token's lifetime after which it is refreshed. */
const REFRESH_AFTER = 0.8;

/** What is sealed of a connection. */
export interface ConnectionSecrets {
  provider: ProviderClient;
  accessToken: string;
  refreshToken: string | null;
}

/** What tokens are sealed for: they can be opened for no other server, member, authorization server or resource. */
export type TokenContext = Pick<
  ConnectionRecord,
  "serverId" | "memberId" | "issuer" | "resource"
> & { workspaceId: string };

/** Seals tokens that were issued now. A refresh token that is not replaced stays valid: `before`. */
export async function sealTokens(
  key: CryptoKey,
  context: TokenContext,
  provider: ProviderClient,
  { accessToken, refreshToken, expiresIn }: IssuedTokens,
  now: number,
  before: string | null = null,
): Promise<SealedTokens> {
  const secrets: ConnectionSecrets = {
    provider,
    accessToken,
    refreshToken: refreshToken ?? before,
  };
  const lifetimeMs = expiresIn === null ? null : Math.floor(expiresIn * 1_000);
  return {
    sealed: await sealValue(key, toContext(context), JSON.stringify(secrets)),
    issuedAt: now,
    expiresAt: lifetimeMs === null ? null : now + lifetimeMs,
    refreshAt:
      lifetimeMs === null || secrets.refreshToken === null
        ? null
        : now + Math.floor(lifetimeMs * REFRESH_AFTER),
  };
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

function toContext({ workspaceId, serverId, memberId, issuer, resource }: TokenContext): string[] {
  return ["connection", workspaceId, serverId, memberId ?? "", issuer, resource];
}
