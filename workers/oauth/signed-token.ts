import type * as Jose from "jose";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { findIssuerKeys } from "./issuer-keys.ts";

/** Signatures of a key that only the issuer has: with `HS256`, everybody who verifies could sign. */
const ALGORITHMS = ["RS256", "ES256", "EdDSA"];
/** How far clocks may differ. */
const SKEW_SECONDS = 60;
/** Most characters of a token's own value that a message repeats. */
const MAX_SHOWN = 200;

/** Loaded on the first exchange: most isolates never have one. */
const loadJose = () => import("jose");

/** The check of a signed token that failed, for the audit log. */
export type FailedSignatureCheck =
  | "form"
  | "algorithm"
  | "keys"
  | "signature"
  | "expired"
  | "not_yet_valid";

/** What a token says, which is not verified yet. */
export interface UnverifiedToken {
  payload: Jose.JWTPayload;
  algorithm: string;
  /** The `typ` of its header in lower case, without `application/` (RFC 7515, section 4.1.9). */
  type: string;
}

/** Reads a JWT without verifying it; null: it is none. */
export async function readUnverified(jwt: string): Promise<UnverifiedToken | null> {
  const { decodeJwt, decodeProtectedHeader } = await loadJose();
  try {
    const { alg = "", typ = "" } = decodeProtectedHeader(jwt);
    const type = typ.toLowerCase().replace(/^application\//, "");
    return { payload: decodeJwt(jwt), algorithm: alg, type };
  } catch {
    // Only the text of the token fails here.
    return null;
  }
}

/**
 * Why a token is not the issuer's, or is not valid now (RFC 7519, section 7.2; RFC 8725); null: it is valid. Whether the
 * issuer is trusted is checked before: it is asked for its keys.
 */
export async function refuseSignature(
  env: Env,
  jwt: string,
  issuer: string,
  algorithm: string,
): Promise<Refusal<FailedSignatureCheck> | null> {
  if (!ALGORITHMS.includes(algorithm)) {
    const message = `Its algorithm (alg) is ${show(algorithm)}: ${ALGORITHMS.join(", ")} are accepted`;
    return refusal("algorithm", message);
  }
  const { jwtVerify, errors } = await loadJose();
  for (const isForUnknownKey of [false, true]) {
    const found = await findIssuerKeys(env, issuer, isForUnknownKey);
    if (!found.ok) return refusal("keys", found.problem);
    try {
      const { payload } = await jwtVerify(jwt, found.keys, {
        issuer,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_SECONDS,
        requiredClaims: ["exp"],
      });
      const isLater = typeof payload.iat === "number" && payload.iat > nowSeconds() + SKEW_SECONDS;
      return isLater ? refusal("not_yet_valid", "It was issued (iat) in the future") : null;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey && !isForUnknownKey) continue;
      return toRefusal(error, errors);
    }
  }
  return null;
}

function toRefusal(error: unknown, errors: typeof Jose.errors): Refusal<FailedSignatureCheck> {
  if (error instanceof errors.JWTExpired) return refusal("expired", "It has expired (exp)");
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "nbf")
    return refusal("not_yet_valid", "It is not valid yet (nbf)");
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "exp")
    return refusal("expired", "It has no end (exp)");
  if (error instanceof errors.JWKSNoMatchingKey)
    return refusal("keys", "The issuer has not published the key (kid) that it is signed with");
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return refusal("keys", "It does not say which of the issuer’s keys (kid) it is signed with");
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refusal("signature", "Its signature is not the issuer’s");
  // A key that the platform cannot use, or a claim of a wrong type.
  logFailure("signed_token_rejected", error);
  return refusal("form", "It is not a JWT that can be verified");
}

/** When a verified token ends, epoch ms: one that has expired within the tolerance is valid for what is left of it. */
export function toEnd(exp = 0): number {
  return (exp > nowSeconds() ? exp : exp + SKEW_SECONDS) * 1_000;
}

function nowSeconds(): number {
  return Date.now() / 1_000;
}

/** A check that failed, and why, as a sentence without a full stop. */
export interface Refusal<T extends string> {
  check: T;
  message: string;
}

/** Makes a refusal. */
export function refusal<T extends string>(check: T, message: string): Refusal<T> {
  return { check, message };
}

/** A value of a token, as its author sees it. */
export function show(value: unknown): string {
  if (value === undefined || value === "") return "missing";
  return JSON.stringify(value).slice(0, MAX_SHOWN);
}
