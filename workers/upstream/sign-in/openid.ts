import * as oauth from "oauth4webapi";
import { z } from "zod";
import type { UpstreamOptions } from "../json-rpc.ts";
import { toClientAuth } from "./client-auth.ts";
import {
  fetchBounded,
  ForbiddenEndpoint,
  ProviderDown,
  toLibraryOptions,
} from "./provider-fetch.ts";
import { toEnteredIdentity } from "./register-client.ts";

/** `auth_time` can be this much before the sign-in began: clocks differ. */
const CLOCK_TOLERANCE_MS = 30_000;
/** The library compares `auth_time` with the present; the exact check, against the beginning of the sign-in, follows it. */
const MAX_AGE_SECONDS = 15 * 60;
/** Placeholders and shared tenants of Microsoft Entra: they sign in people of every company. */
const SHARED_TENANTS = /^\/(common|organizations|consumers|\{tenantid\})(\/|$)/i;
const ENTRA_ADVICE =
  "Enter the issuer of your own tenant: https://login.microsoftonline.com/TENANT-ID/v2.0. The addresses with common, organizations and consumers sign in people of every company.";

const Metadata = z.looseObject({
  issuer: z.string().max(2048),
  authorization_endpoint: z.url().max(2048),
  token_endpoint: z.url().max(2048),
  jwks_uri: z.url().max(2048),
  userinfo_endpoint: z.url().max(2048).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});
type Metadata = z.infer<typeof Metadata>;

/** What a provider publishes of itself, or a sentence why it cannot be used. */
export type FoundProvider = { ok: true; metadata: Metadata } | { ok: false; problem: string };

/** The gateway as a client of a provider. `clientSecret` null: a public client. */
export interface OpenIdClient {
  metadata: Metadata;
  clientId: string;
  clientSecret: string | null;
}

/** A sign-in at a provider that begins. */
export interface AuthorizationParameters {
  redirectUri: string;
  scopes: string[];
  state: string;
  nonce: string;
  codeVerifier: string;
  /** Whether the person must prove again who they are, although the provider knows them. */
  isFresh: boolean;
}

/** What the browser brought back, with the secrets of the sign-in that sent it. */
export interface CodeToRedeem {
  parameters: URLSearchParams;
  redirectUri: string;
  state: string;
  nonce: string;
  codeVerifier: string;
  /** Epoch ms at which the sign-in began, when the person must prove again who they are since; null: they need not. */
  freshSince: number | null;
  /** The claim that userinfo is asked for if the ID token lacks it; null: none. */
  wantedClaim: string | null;
}

/** The claims of a verified ID token with the tokens beside it, or a sentence why there are none. */
export type RedeemedIdentity =
  | { ok: true; claims: Record<string, unknown>; idToken: string; refreshToken: string | null }
  | { ok: false; problem: string };

/** A sentence why an address is no issuer of one company; null: nothing in the address says so. */
export function checkIssuerAddress(issuer: string): string | null {
  const { hostname, pathname, search, hash, username } = new URL(issuer);
  if (search !== "" || hash !== "" || username !== "")
    return "An issuer’s address has no query, fragment or user (OpenID Connect Discovery 1.0, section 3).";
  const isShared =
    hostname === "login.microsoftonline.com" && SHARED_TENANTS.test(decodeURI(pathname));
  return isShared ? ENTRA_ADVICE : null;
}

/** Reads a provider's metadata (OpenID Connect Discovery 1.0, section 4). Its issuer must be exactly `issuer`. */
export async function discoverOpenId(
  issuer: string,
  options: UpstreamOptions,
): Promise<FoundProvider> {
  const { host } = new URL(issuer);
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const request = { method: "GET", headers: { accept: "application/json" } };
  try {
    const response = await fetchBounded(url, request, options);
    if (response.status !== 200)
      return unusable(
        `${host} has no OpenID metadata at ${url}: it responded with HTTP ${response.status}.`,
      );
    const metadata = Metadata.safeParse(await response.json());
    if (!metadata.success)
      return unusable(`The OpenID metadata of ${host} lacks an address that a sign-in needs.`);
    const published = metadata.data.issuer;
    if (published.includes("{tenantid}")) return unusable(ENTRA_ADVICE);
    if (published !== issuer)
      return unusable(
        `The OpenID metadata at this address is of the issuer ${published}: enter that address, exactly so.`,
      );
    return { ok: true, metadata: metadata.data };
  } catch (error) {
    return unusable(`${host} cannot be used: ${describeOpenIdError(error)}.`);
  }
}

/** The address at which the browser signs in: code flow with PKCE, `state` and `nonce` (OpenID Connect Core 1.0, section 3.1.2.1). */
export async function toAuthorizationUrl(
  { metadata, clientId }: OpenIdClient,
  { redirectUri, scopes, state, nonce, codeVerifier, isFresh }: AuthorizationParameters,
): Promise<string> {
  const to = new URL(metadata.authorization_endpoint);
  const query = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: [...new Set(["openid", "profile", "email", ...scopes])].join(" "),
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
    ...(isFresh ? { prompt: "login", max_age: "0" } : {}),
  };
  for (const [name, value] of Object.entries(query)) to.searchParams.set(name, value);
  return to.href;
}

/**
 * Exchanges a code for the claims of the person: `state` and `iss` of the response (RFC 9207), the ID token by all checks of
 * OpenID Connect Core 1.0, section 3.1.3.7, and its signature by the keys that the provider publishes now.
 */
export async function redeemOpenIdCode(
  { metadata, clientId, clientSecret }: OpenIdClient,
  code: CodeToRedeem,
  options: UpstreamOptions,
): Promise<RedeemedIdentity> {
  const library = toLibraryOptions(options);
  const server = toUsedMetadata(metadata);
  const client: oauth.Client = { client_id: clientId };
  const { authMethod } = toEnteredIdentity(metadata, clientId, clientSecret);
  try {
    const checked = oauth.validateAuthResponse(server, client, code.parameters, code.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      await toClientAuth(authMethod, clientSecret ?? ""),
      checked,
      code.redirectUri,
      code.codeVerifier,
      library,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: code.nonce,
      requireIdToken: true,
      ...(code.freshSince === null ? {} : { maxAge: MAX_AGE_SECONDS }),
    });
    await oauth.validateApplicationLevelSignature(server, response, library);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    if (!claims || tokens.id_token === undefined) return unusable("it sent no ID token");
    const problem = checkClaims(claims, clientId, code.freshSince);
    if (problem !== null) return unusable(problem);
    const more = await readUserinfo(server, client, claims, tokens.access_token, code, options);
    const { id_token: idToken, refresh_token: refreshToken } = tokens;
    return {
      ok: true,
      claims: { ...more, ...claims },
      idToken,
      refreshToken: refreshToken ?? null,
    };
  } catch (error) {
    return unusable(describeOpenIdError(error));
  }
}

/** The metadata for the library. A new object has no keys of an earlier sign-in, so that a withdrawn key is not accepted. */
export function toUsedMetadata(metadata: Metadata): oauth.AuthorizationServer {
  const algorithms = metadata.id_token_signing_alg_values_supported ?? ["RS256"];
  return {
    ...metadata,
    id_token_signing_alg_values_supported: algorithms.filter((name) => !/^(none$|HS)/i.test(name)),
  } as oauth.AuthorizationServer;
}

function checkClaims(claims: oauth.IDToken, clientId: string, freshSince: number | null) {
  if (claims.sub === "" || claims.sub.length > 255) return "its ID token names no person (sub)";
  if (claims.azp !== undefined && claims.azp !== clientId)
    return "its ID token is for another client (azp)";
  if (freshSince === null) return null;
  const isFresh = (claims.auth_time ?? 0) * 1_000 >= freshSince - CLOCK_TOLERANCE_MS;
  return isFresh ? null : "it did not ask you to prove who you are again (auth_time)";
}

/** The claims of userinfo, when the wanted one is in no ID token. Its `sub` must be that of the ID token. */
async function readUserinfo(
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  claims: oauth.IDToken,
  accessToken: string,
  { wantedClaim }: CodeToRedeem,
  options: UpstreamOptions,
): Promise<Record<string, unknown>> {
  if (wantedClaim === null || claims[wantedClaim] !== undefined) return {};
  if (server.userinfo_endpoint === undefined) return {};
  const response = await oauth.userInfoRequest(
    server,
    client,
    accessToken,
    toLibraryOptions(options),
  );
  const found = await oauth.processUserInfoResponse(server, client, claims.sub, response);
  return found[wantedClaim] === undefined ? {} : { [wantedClaim]: found[wantedClaim] };
}

function unusable(problem: string) {
  return { ok: false, problem } as const;
}

/** In words, without a full stop. Nothing that the provider sent is in it but the codes of RFC 6749. */
export function describeOpenIdError(error: unknown): string {
  if (error instanceof ProviderDown || error instanceof ForbiddenEndpoint) return error.message;
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError)
    return `it refused the sign-in (${/^[\w.-]{1,60}$/.test(error.error) ? error.error : "unknown error"})`;
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return "it does not accept the client id and secret";
  // Of the library: what is wrong with a response, in fixed words.
  return error instanceof Error
    ? `its response is not valid (${error.message})`
    : "its response is not valid";
}
