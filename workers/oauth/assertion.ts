import type { RequiredClaim } from "../contract/records/identity-issuer.ts";
import { MINUTE_MS } from "../contract/units.ts";
import { OAUTH_SCOPE, parseResource } from "../http/oauth-addresses.ts";
import type { Env } from "../runtime/env.ts";
import {
  readUnverified,
  refusal,
  refuseSignature,
  show,
  toEnd,
  type FailedSignatureCheck,
  type Refusal,
  type UnverifiedToken,
} from "./signed-token.ts";

/** The `typ` of an identity assertion (draft-ietf-oauth-identity-assertion-authz-grant, section 3.1). */
export const ASSERTION_TYPE = "oauth-id-jag+jwt";
/** How an authorization server says that it takes such assertions (the same draft, section 7.2). */
export const ASSERTION_PROFILE = "urn:ietf:params:oauth:grant-profile:id-jag";

/** An assertion is made for one exchange: one that is valid longer is a key that can be stolen. */
const MAX_LIFETIME_MINUTES = 15;
/** OpenID Connect Core 1.0, section 2. */
const MAX_SUBJECT = 255;
const MAX_ID = 500;
/** Claims that bind or narrow an assertion in ways that the gateway does not enforce. */
const UNSUPPORTED = ["cnf", "authorization_details", "aud_tenant", "aud_sub", "sub_id"];

/** The check of an assertion that failed, for the audit log. */
export type FailedAssertionCheck =
  | FailedSignatureCheck
  | "issuer"
  | "audience"
  | "client"
  | "resource"
  | "scope"
  | "claims"
  | "replayed"
  | "member"
  | "address";

/** What an issuer must be to have its assertions verified. */
export interface AssertionIssuer {
  /** The `iss`, compared exactly. */
  issuer: string;
  settings: { requiredClaims: RequiredClaim[] };
}

/** What an assertion is addressed to: the authorization server, a client that has authenticated, and a workspace. */
export interface AssertionAddressee {
  origin: string;
  /** The issuer identifier of the gateway's authorization server. */
  audience: string;
  clientId: string;
  slug: string;
}

/** A verified assertion. Instants in epoch ms. `email`: as the issuer states it, and whether it has verified it. */
export interface VerifiedAssertion<T> {
  ok: true;
  issuer: T;
  subject: string;
  jti: string;
  issuedAt: number;
  endsAt: number;
  email: { address: string; isVerified: boolean } | null;
}

/** Why an assertion is refused. `issuer`: that of a trusted issuer; null: the workspace trusts none of this name. */
export type RefusedAssertion = Refusal<FailedAssertionCheck> & {
  ok: false;
  issuer: string | null;
  /** The person, if the issuer has signed it. */
  subject?: string;
};

/** Whether a token request's assertion is an identity assertion, and not a workload's token. */
export async function isIdentityAssertion(jwt: string): Promise<boolean> {
  return (await readUnverified(jwt))?.type === ASSERTION_TYPE;
}

/** The workspaces that an assertion names, which is not verified yet. */
export async function readResources(jwt: string): Promise<string[]> {
  const read = await readUnverified(jwt);
  return [read?.payload["resource"] ?? []].flat().map(String);
}

/**
 * Verifies an identity assertion (draft-ietf-oauth-identity-assertion-authz-grant, section 4.4.1; RFC 7521, section 5.2; RFC
 * 7523, section 3). `issuers`: those that the workspace trusts. Whether it was used before is the caller's business.
 */
export async function verifyAssertion<T extends AssertionIssuer>(
  env: Env,
  jwt: string,
  issuers: T[],
  addressee: AssertionAddressee,
): Promise<VerifiedAssertion<T> | RefusedAssertion> {
  const read = await readUnverified(jwt);
  if (read?.type !== ASSERTION_TYPE) {
    const message = `It is not a JWT of the type (typ) ${ASSERTION_TYPE}`;
    return { ...refusal("form", message), ok: false, issuer: null };
  }
  const trusted = issuers.find(({ issuer }) => issuer === read.payload.iss);
  if (!trusted) {
    const message = `This workspace does not trust the issuer (iss) ${show(read.payload.iss)}`;
    return { ...refusal("issuer", message), ok: false, issuer: null };
  }
  const { issuer } = trusted;
  const forged = await refuseSignature(env, jwt, issuer, read.algorithm);
  if (forged) return { ...forged, ok: false, issuer };
  const refused =
    refuseAddressee(read, addressee) ?? refuseForm(read) ?? refuseClaims(read, trusted);
  if (refused) return { ...refused, ok: false, issuer, subject: show(read.payload.sub) };
  const { sub = "", jti = "", iat = 0, exp } = read.payload;
  const email = readEmail(read);
  return {
    ok: true,
    issuer: trusted,
    subject: sub,
    jti,
    issuedAt: iat * 1_000,
    endsAt: toEnd(exp),
    email,
  };
}

type Refused = Refusal<FailedAssertionCheck> | null;

function refuseAddressee(
  { payload }: UnverifiedToken,
  { origin, audience, clientId, slug }: AssertionAddressee,
): Refused {
  const audiences = [payload.aud ?? []].flat();
  if (audiences.length !== 1 || audiences[0] !== audience) {
    const message = `Its audience (aud) is ${show(audiences.join(" "))}: it must be ${audience} alone`;
    return refusal("audience", message);
  }
  if (payload["client_id"] !== clientId) {
    const message = `Its client_id is ${show(payload["client_id"])}, and the client of the request is ${show(clientId)}`;
    return refusal("client", message);
  }
  const resources = [payload["resource"] ?? []].flat().map(String);
  if (resources.length !== 1 || parseResource(origin, resources[0] ?? "") !== slug)
    return refusal(
      "resource",
      `Its resource is ${show(resources.join(" "))}: request it for the one address of the workspace or of a server`,
    );
  return null;
}

function refuseForm({ payload }: UnverifiedToken): Refused {
  const { sub, jti, iat, exp = 0 } = payload;
  if (typeof sub !== "string" || sub === "" || sub.length > MAX_SUBJECT)
    return refusal("form", "Its subject (sub) is missing or too long");
  if (typeof jti !== "string" || jti === "" || jti.length > MAX_ID)
    return refusal("form", "Its id (jti) is missing or too long");
  if (typeof iat !== "number") return refusal("form", "It does not say when it was issued (iat)");
  if ((exp - iat) * 1_000 > MAX_LIFETIME_MINUTES * MINUTE_MS) {
    const message = `It is valid for more than ${MAX_LIFETIME_MINUTES} minutes (exp, iat)`;
    return refusal("form", message);
  }
  const unsupported = UNSUPPORTED.find((name) => payload[name] !== undefined);
  return unsupported === undefined
    ? null
    : refusal("claims", `Its claim ${unsupported} is not supported: request it without`);
}

function refuseClaims({ payload }: UnverifiedToken, { settings }: AssertionIssuer): Refused {
  const { scope } = payload;
  // All access has the one scope there is; an assertion for others has none of it.
  const scopes = typeof scope === "string" ? scope.split(" ") : [];
  if (scope !== undefined && !scopes.includes(OAUTH_SCOPE))
    return refusal("scope", `Its scope is ${show(scope)}: it must contain ${OAUTH_SCOPE}`);
  // Of an issuer of several tenants, a subject is a person only together with its tenant (the draft, section 3.1).
  const hasTenant = settings.requiredClaims.some(({ claim }) => claim === "tenant");
  if (payload["tenant"] !== undefined && !hasTenant) {
    const message = `It is of the tenant ${show(payload["tenant"])} of the issuer: an owner must require the claim tenant of this issuer`;
    return refusal("claims", message);
  }
  const unmet = settings.requiredClaims.find(({ claim, values }) => {
    const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
    return !["string", "number"].includes(typeof value) || !values.includes(String(value));
  });
  if (!unmet) return null;
  const shown = show(payload[unmet.claim]);
  const message = `Its claim ${unmet.claim} is ${shown}, which this workspace does not accept from the issuer`;
  return refusal("claims", message);
}

function readEmail({ payload }: UnverifiedToken): VerifiedAssertion<never>["email"] {
  const { email, email_verified: verified } = payload;
  if (typeof email !== "string" || email === "") return null;
  // Some issuers write the claim as text.
  return { address: email, isVerified: verified === true || verified === "true" };
}
