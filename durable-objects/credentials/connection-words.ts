import type {
  ConnectionRecord,
  ConnectionState,
  SealedTokens,
  SignInEnd,
  SignInReason,
} from "../../workers/contract/records/connection.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import { DAY_MS } from "../../workers/contract/units.ts";
import { toCauseText, toReasonText } from "../../workers/upstream/sign-in/reason-text.ts";
import type { KeptTokens } from "./kept-tokens.ts";
import { findWanted, toWantedScopes } from "./wanted-scopes.ts";

/** A refresh that is overdue for this time does not happen: nothing uses the server. */
const OVERDUE_MS = DAY_MS;

/** Reasons that a provider gives for a refresh token that it has replaced. */
export const LOST_REASONS = new Set<SignInReason>(["revoked", "expired", "refresh_token_reused"]);

/** The state of a server at which the gateway has not signed in. */
export const NO_CONNECTION: ConnectionState = {
  state: "none",
  reason: null,
  message: null,
  since: null,
  providerDownSince: null,
  issuer: null,
  connection: null,
  expiresAt: null,
  wanted: null,
  end: null,
  refreshedAt: null,
};

/** The failure of a call of a person without an account at a server where each person has their own. */
export const NO_ACCOUNT: UpstreamError = {
  code: "needs_account",
  message: "The person whose call it is has not connected an account",
};

/** The failure of a check at a server that wants a key of each person, before one has entered any. */
export const NO_KEY: UpstreamError = {
  code: "needs_sign_in",
  message:
    "The server wants a key. No person has entered one yet: each does so under “Your accounts”",
};

/** The failure of a call whose person has to connect their account again. */
export function toAccountError(error: UpstreamError): UpstreamError {
  return error.code === "needs_sign_in" ? { ...error, code: "needs_account" } : error;
}

/** The failure of a request to a server whose connection needs a person. */
export function toError(
  reason: SignInReason,
  connection: Pick<ConnectionRecord, "issuer" | "memberId" | "clientId">,
): UpstreamError {
  const { issuer, clientId } = connection;
  const cause = toCauseText(reason, clientId);
  return { code: "needs_sign_in", message: toReasonText(reason, connection), cause, issuer };
}

/** The failure of a request whose token has expired while the authorization server does not answer. */
export function toDownError({ issuer }: Pick<ConnectionRecord, "issuer">): UpstreamError {
  const message = `The access token has expired, and the authorization server ${new URL(issuer).host} does not answer. The gateway keeps asking it`;
  return { code: "sign_in_server_down", message, issuer };
}

/** The state of a connection, for the management API. */
export function toState(record: ConnectionRecord, kept: KeptTokens, now: number): ConnectionState {
  const { tokens: _sealed, ...connection } = record;
  const { failure, tokens, downSince } = kept;
  const wanted = findWanted(kept, now);
  const down = downSince === null ? null : toDownError(connection).message;
  return {
    state: failure ? "needs_sign_in" : "connected",
    reason: failure?.reason ?? null,
    message: failure ? toReasonText(failure.reason, connection) : down,
    since: failure?.since ?? connection.connectedAt,
    providerDownSince: downSince,
    issuer: connection.issuer,
    connection,
    expiresAt: tokens.expiresAt,
    wanted: wanted && toWantedScopes(record, wanted),
    end: findEnd(tokens, now),
    refreshedAt: tokens.issuedAt,
  };
}

/**
 * Until when the sign-in lasts; null: not known. A refresh token that each refresh prolongs has no end while something uses
 * the server.
 */
function findEnd(tokens: SealedTokens, now: number): SignInEnd | null {
  const { expiresAt, refreshAt, refreshExpiresAt, isEndFixed, clientExpiresAt } = tokens;
  const isProlonged =
    refreshAt !== null &&
    !isEndFixed &&
    refreshAt < (refreshExpiresAt ?? 0) &&
    now < refreshAt + OVERDUE_MS;
  const tokenEnd = refreshAt === null ? expiresAt : (refreshExpiresAt ?? null);
  const ends: SignInEnd[] = [
    ...(tokenEnd === null || isProlonged ? [] : [{ at: tokenEnd, kind: "sign_in" } as const]),
    ...(clientExpiresAt === undefined
      ? []
      : [{ at: clientExpiresAt, kind: "client_secret" } as const]),
  ];
  return ends.toSorted((a, b) => a.at - b.at)[0] ?? null;
}
