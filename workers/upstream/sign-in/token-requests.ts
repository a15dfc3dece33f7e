import * as oauth from "oauth4webapi";
import type {
  IssuedTokens,
  ProviderClient,
  SignInReason,
} from "../../contract/records/connection.ts";
import type { UpstreamOptions } from "../json-rpc.ts";
import { describeAuthorizationError, describeTokenError } from "./authorization-words.ts";
import { toClientAuth } from "./client-auth.ts";
import { ForbiddenEndpoint, ProviderDown, toLibraryOptions } from "./provider-fetch.ts";
import { readScopes } from "./scopes.ts";

/**
 * The tokens, or why there are none. `refused`: the authorization server has decided, and asking again changes nothing.
 * `down`: it can answer otherwise in a minute.
 */
export type TokenResult =
  | { kind: "issued"; tokens: IssuedTokens }
  | { kind: "refused"; reason: SignInReason; message: string }
  | { kind: "down"; message: string; isAnswered: boolean };

/** A token that a header can carry. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
/** What providers call the lifetime of the refresh token: GitHub, Google and others; Keycloak; Intuit. In seconds. */
const REFRESH_LIFETIMES = [
  "refresh_token_expires_in",
  "refresh_expires_in",
  "x_refresh_token_expires_in",
];

/** A longer one, a century, is no end to foretell. */
const MAX_LIFETIME_SECONDS = 100 * 365 * 86_400;

/** What the browser brought back, with the secrets of the request that sent it. */
export interface CodeResponse {
  parameters: URLSearchParams;
  state: string;
  codeVerifier: string;
  redirectUri: string;
  /** Whether the authorization server says that it names itself in each response (RFC 9207). */
  namesIssuer: boolean;
}

/** Exchanges a code for tokens, after the check of `state` and `iss` (RFC 9207: against mixed-up authorization servers). */
export function redeemCode(
  provider: ProviderClient,
  { parameters, state, codeVerifier, redirectUri, namesIssuer }: CodeResponse,
  options: UpstreamOptions,
): Promise<TokenResult> {
  return request(provider, async ({ as, client, auth }) => {
    const server = { ...as, authorization_response_iss_parameter_supported: namesIssuer };
    const checked = oauth.validateAuthResponse(server, client, parameters, state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      auth,
      checked,
      redirectUri,
      codeVerifier,
      { ...toLibraryOptions(options), additionalParameters: { resource: provider.resource } },
    );
    return oauth.processAuthorizationCodeResponse(server, client, response);
  });
}

/** Asks for new tokens: with the refresh token, or, without one, for the gateway's account. */
export function renewTokens(
  provider: ProviderClient,
  refreshToken: string | null,
  scopes: string[],
  options: UpstreamOptions,
): Promise<TokenResult> {
  return refreshToken === null
    ? requestOwnTokens(provider, scopes, options)
    : refreshTokens(provider, refreshToken, options);
}

function refreshTokens(
  provider: ProviderClient,
  refreshToken: string,
  options: UpstreamOptions,
): Promise<TokenResult> {
  return request(provider, async ({ as, client, auth }) => {
    const response = await oauth.refreshTokenGrantRequest(as, client, auth, refreshToken, {
      ...toLibraryOptions(options),
      additionalParameters: { resource: provider.resource },
    });
    return oauth.processRefreshTokenResponse(as, client, response);
  });
}

/** Asks for tokens of the gateway's account (RFC 6749, section 4.4). */
export function requestOwnTokens(
  provider: ProviderClient,
  scopes: string[],
  options: UpstreamOptions,
): Promise<TokenResult> {
  return request(provider, async ({ as, client, auth }) => {
    const parameters = {
      resource: provider.resource,
      ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
    };
    const own = toLibraryOptions(options);
    const response = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, own);
    return oauth.processClientCredentialsResponse(as, client, response);
  });
}

/** The grant type of `redeemIdJag`. */
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Exchanges an identity assertion for an access token (RFC 7523; draft-ietf-oauth-identity-assertion-authz-grant). */
export function redeemIdJag(
  provider: ProviderClient,
  assertion: string,
  scopes: string[],
  options: UpstreamOptions,
): Promise<TokenResult> {
  return request(provider, async ({ as, client, auth }) => {
    const parameters = {
      assertion,
      resource: provider.resource,
      ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
    };
    const own = toLibraryOptions(options);
    const response = await oauth.genericTokenEndpointRequest(
      as,
      client,
      auth,
      JWT_BEARER,
      parameters,
      own,
    );
    return oauth.processGenericTokenEndpointResponse(as, client, response);
  });
}

/** Revokes a token (RFC 7009). Returns whether the authorization server has accepted that. */
export async function revokeToken(
  provider: ProviderClient,
  token: string,
  options: UpstreamOptions,
): Promise<boolean> {
  if (provider.revocationEndpoint === null) return false;
  try {
    const { as, client, auth } = await open(provider);
    const response = await oauth.revocationRequest(
      as,
      client,
      auth,
      token,
      toLibraryOptions(options),
    );
    await oauth.processRevocationResponse(response);
    return true;
  } catch {
    // Whatever it answers: the gateway has forgotten the token, and it expires.
    return false;
  }
}

async function open({ issuer, clientId, clientSecret, authMethod, ...endpoints }: ProviderClient) {
  const as: oauth.AuthorizationServer = {
    issuer,
    token_endpoint: endpoints.tokenEndpoint,
    ...(endpoints.revocationEndpoint === null
      ? {}
      : { revocation_endpoint: endpoints.revocationEndpoint }),
  };
  const auth = await toClientAuth(authMethod, clientSecret ?? "");
  return { as, client: { client_id: clientId }, auth };
}

async function request(
  provider: ProviderClient,
  send: (opened: Awaited<ReturnType<typeof open>>) => Promise<oauth.TokenEndpointResponse>,
): Promise<TokenResult> {
  try {
    const issued = await send(await open(provider));
    // The library admits `dpop`, too, which the gateway cannot use.
    if (issued.token_type !== "bearer" || !TOKEN.test(issued.access_token)) {
      const message = "the authorization server issued a token that is no bearer token";
      return { kind: "down", message, isAnswered: true };
    }
    const refreshExpiresIn = readRefreshLifetime(issued);
    return {
      kind: "issued",
      tokens: {
        accessToken: issued.access_token,
        refreshToken: issued.refresh_token ?? null,
        expiresIn: issued.expires_in ?? null,
        ...(refreshExpiresIn === null ? {} : { refreshExpiresIn }),
        scopes: issued.scope === undefined ? null : readScopes(issued.scope),
      },
    };
  } catch (error) {
    return toFailure(error);
  }
}

/** Null: it is not said. 0 means at Keycloak that it does not expire. */
function readRefreshLifetime(issued: oauth.TokenEndpointResponse): number | null {
  for (const name of REFRESH_LIFETIMES) {
    const seconds = Number(issued[name] ?? 0);
    if (seconds > 0 && seconds <= MAX_LIFETIME_SECONDS) return seconds;
  }
  return null;
}

function toFailure(error: unknown): TokenResult {
  if (error instanceof ProviderDown)
    return { kind: "down", message: error.message, isAnswered: error.isAnswered };
  if (error instanceof ForbiddenEndpoint)
    return { kind: "down", message: error.message, isAnswered: true };
  if (error instanceof oauth.ResponseBodyError) {
    const reason = toReason(error.error, error.error_description ?? "");
    const message = describeTokenError(error.error, error.error_description);
    return reason === null
      ? { kind: "down", message, isAnswered: true }
      : { kind: "refused", reason, message };
  }
  if (error instanceof oauth.AuthorizationResponseError) {
    const message = describeAuthorizationError(error.error, error.error_description);
    return { kind: "refused", reason: "revoked", message };
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    const message = "the authorization server does not accept the gateway as a client any more";
    return { kind: "refused", reason: "client_deleted", message };
  }
  // Of the library: what the authorization server sent is not what the protocol demands.
  const words = error instanceof Error ? error.message : "";
  const message = `the authorization server’s response cannot be used (${words})`;
  return { kind: "down", message, isAnswered: true };
}

/** The words with which authorization servers explain `invalid_grant`, the most telling first. */
const GRANT_WORDS: [SignInReason, RegExp][] = [
  ["refresh_token_reused", /re-?use|already (been )?(used|redeemed|rotated)|replay|used before/i],
  ["password_changed", /password|credentials? (was|were|has|have) (changed|reset)/i],
  [
    "account_gone",
    /(user|account|member|resource owner)\b.*\b(disabled|deleted|deactivated|suspended|locked|removed|not (be )?found|does not exist|no longer|gone|blocked)/i,
  ],
  ["clock_skew", /clock|skew|in the future|not yet valid|nbf\b|iat\b/i],
  ["expired", /expired|inactiv|lifetime/i],
  ["wrong_audience", /audience|resource/i],
  ["scope_reduced", /scope/i],
];

/**
 * Why a token request was refused; null: not a refusal of the sign-in, and the next attempt can succeed. The codes are RFC
 * 6749's (section 5.2) and RFC 8707's; only words tell the kinds of `invalid_grant` apart.
 */
export function toReason(code: string, description: string): SignInReason | null {
  switch (code) {
    case "invalid_grant":
      return GRANT_WORDS.find(([, pattern]) => pattern.test(description))?.[0] ?? "revoked";
    case "invalid_client":
    case "unauthorized_client":
      return "client_deleted";
    case "invalid_scope":
      return "scope_reduced";
    case "invalid_target":
      return "wrong_audience";
    case "access_denied":
      return "revoked";
    default:
      return null;
  }
}
