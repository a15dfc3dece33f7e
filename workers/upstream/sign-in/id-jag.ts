import { decodeJwt } from "jose";
import * as oauth from "oauth4webapi";
import type { UpstreamOptions } from "../json-rpc.ts";
import { toClientAuth } from "./client-auth.ts";
import { toUsedMetadata, describeOpenIdError, type OpenIdClient } from "./openid.ts";
import { toLibraryOptions } from "./provider-fetch.ts";
import { toEnteredIdentity } from "./register-client.ts";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
/** An ID token that ends within this time is renewed first. */
const LEFT_SECONDS = 30;
/** A JWT in the compact form; it is the provider's, and only the server's authorization server reads it. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** What the provider gave with a sign-in. */
export interface SubjectTokens {
  idToken: string;
  /** Null: the provider gave none, so that only the person can renew the ID token. */
  refreshToken: string | null;
}

/** For which server an assertion is: its authorization server, the resource (RFC 8707) and the scopes. */
export interface AssertionTarget {
  audience: string;
  resource: string;
  scopes: string[];
}

/** The gateway as a client of the provider, for the library. */
interface Requester {
  server: oauth.AuthorizationServer;
  known: oauth.Client;
  auth: oauth.ClientAuth;
  own: ReturnType<typeof toLibraryOptions>;
}

/** An assertion, or why there is none, a sentence without a full stop. */
export type RequestedAssertion = { ok: true; assertion: string } | { ok: false; problem: string };

/**
 * Asks the company's provider for an identity assertion (draft-ietf-oauth-identity-assertion-authz-grant, section "Token Exchange";
 * RFC 8693). An ID token that has ended is renewed by the refresh token; it must be of the same `subject`. `onRenewed` stores
 * renewed tokens before they are used, because the provider can have replaced the refresh token.
 */
export async function requestAssertion(
  client: OpenIdClient,
  { tokens, subject }: { tokens: SubjectTokens; subject: string },
  target: AssertionTarget,
  onRenewed: (tokens: SubjectTokens) => Promise<void>,
  options: UpstreamOptions,
): Promise<RequestedAssertion> {
  const { metadata, clientId, clientSecret } = client;
  const { authMethod } = toEnteredIdentity(metadata, clientId, clientSecret);
  const known = { client_id: clientId };
  const server = toUsedMetadata(metadata);
  const own = toLibraryOptions(options);
  try {
    const auth = await toClientAuth(authMethod, clientSecret ?? "");
    const used = hasEnded(tokens.idToken)
      ? await renew({ server, known, auth, own }, tokens.refreshToken, subject)
      : tokens;
    if (!used) return { ok: false, problem: ENDED };
    if (used !== tokens) await onRenewed(used);
    const response = await oauth.genericTokenEndpointRequest(
      server,
      known,
      auth,
      TOKEN_EXCHANGE,
      {
        requested_token_type: ID_JAG,
        audience: target.audience,
        resource: target.resource,
        ...(target.scopes.length > 0 ? { scope: target.scopes.join(" ") } : {}),
        subject_token: used.idToken,
        subject_token_type: ID_TOKEN,
      },
      own,
    );
    const issued = await oauth.processGenericTokenEndpointResponse(server, known, response, {
      // It is no access token, and so of no type (RFC 8693, section 2.2.1).
      recognizedTokenTypes: { n_a: () => undefined },
    });
    if (issued["issued_token_type"] !== ID_JAG || !JWT.test(issued.access_token))
      return { ok: false, problem: "The company’s provider did not issue an identity assertion" };
    return { ok: true, assertion: issued.access_token };
  } catch (error) {
    return {
      ok: false,
      problem: `The company’s provider gave no identity assertion: ${describeOpenIdError(error)}`,
    };
  }
}

/** Null: there is no refresh token, or it gave no ID token of this subject. */
async function renew(
  { server, known, auth, own }: Requester,
  refreshToken: string | null,
  subject: string,
): Promise<SubjectTokens | null> {
  if (refreshToken === null) return null;
  const response = await oauth.refreshTokenGrantRequest(server, known, auth, refreshToken, own);
  const renewed = await oauth.processRefreshTokenResponse(server, known, response);
  const claims = oauth.getValidatedIdTokenClaims(renewed);
  if (renewed.id_token === undefined || claims?.sub !== subject) return null;
  await oauth.validateApplicationLevelSignature(server, response, own);
  return { idToken: renewed.id_token, refreshToken: renewed.refresh_token ?? refreshToken };
}

const ENDED =
  "Your company sign-in is too old for this server: sign in to the dashboard with the company’s account again";

function hasEnded(idToken: string): boolean {
  try {
    const { exp = 0 } = decodeJwt(idToken);
    return exp <= Date.now() / 1_000 + LEFT_SECONDS;
  } catch {
    // An ID token that was verified at the sign-in can be read; another one counts as ended.
    return true;
  }
}
