import type * as Jose from "jose";
import type { TrustRule } from "../contract/records/agents.ts";
import { findUnmetClaim } from "../contract/records/trust-rule-claims.ts";
import type { AgentRow } from "../db/agents.ts";
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

/** The check of a workload's token that failed, for the audit log. */
export type FailedCheck =
  | "form"
  | "issuer"
  | "algorithm"
  | "keys"
  | "signature"
  | "expired"
  | "not_yet_valid"
  | "audience"
  | "claims"
  | "ambiguous"
  | "replayed"
  | "agent";

/** Why a workload's token is refused. `message`: for the pipeline's author, without a value that only the rule has. */
export interface RefusedWorkload {
  ok: false;
  check: FailedCheck;
  message: string;
  /** The issuer, if a trust rule names it; null: none does. */
  issuer: string | null;
}

/** A token of a workload that fits a trust rule. `endsAt`: epoch ms, later than now. */
export interface VerifiedWorkload {
  ok: true;
  memberId: string;
  rule: TrustRule;
  /** Names this token among all of the issuer. */
  jti: string | null;
  endsAt: number;
}

type Refusal = Pick<RefusedWorkload, "check" | "message">;
type Candidate = { memberId: string; rule: TrustRule };

/**
 * Verifies a workload's own token against the trust rules of agents (RFC 7519, section 7.2; RFC 8725). Only issuers that a
 * rule names are asked for keys. What the rules want is not told, what the token has is: the author can compare.
 */
export async function verifyWorkload(
  env: Env,
  jwt: string,
  agents: AgentRow[],
): Promise<VerifiedWorkload | RefusedWorkload> {
  const read = await readUnverified(jwt);
  if (!read) return { ...refusal("form", "It is not a signed JWT"), ok: false, issuer: null };
  const candidates = agents.flatMap(({ id, terms }) =>
    terms.trustRules
      .filter((rule) => rule.issuer === read.payload.iss)
      .map((rule) => ({ memberId: id, rule })),
  );
  const [first] = candidates;
  if (!first) {
    const message = `No trust rule of this workspace has the issuer (iss) ${show(read.payload.iss)}`;
    return { ...refusal("issuer", message), ok: false, issuer: null };
  }
  const { issuer } = first.rule;
  const refused = await refuseSignature(env, jwt, issuer, read.algorithm);
  if (refused) return { ...refused, ok: false, issuer };
  const chosen = chooseRule(candidates, read.payload);
  if ("check" in chosen) return { ...chosen, ok: false, issuer };
  const { exp, jti } = read.payload;
  return { ok: true, ...chosen, jti: typeof jti === "string" ? jti : null, endsAt: toEnd(exp) };
}

/** The audiences that a token names, which is not verified yet. */
export async function readAudiences(jwt: string): Promise<string[]> {
  const read = await readUnverified(jwt);
  return [read?.payload.aud ?? []].flat().map(String);
}

async function readUnverified(
  jwt: string,
): Promise<{ payload: Jose.JWTPayload; algorithm: string } | null> {
  const { decodeJwt, decodeProtectedHeader } = await loadJose();
  try {
    return { payload: decodeJwt(jwt), algorithm: decodeProtectedHeader(jwt).alg ?? "" };
  } catch {
    // Only the text of the token fails here.
    return null;
  }
}

async function refuseSignature(
  env: Env,
  jwt: string,
  issuer: string,
  algorithm: string,
): Promise<Refusal | null> {
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

function toRefusal(error: unknown, errors: typeof Jose.errors): Refusal {
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
  logFailure("workload_token_rejected", error);
  return refusal("form", "It is not a JWT that can be verified");
}

/** The rule whose agent the token becomes. Two agents would be an unclear case: it is denied. */
function chooseRule(candidates: Candidate[], payload: Jose.JWTPayload): Candidate | Refusal {
  const audiences = [payload.aud ?? []].flat();
  const addressed = candidates.filter(({ rule }) => audiences.includes(rule.audience));
  if (addressed.length === 0) {
    const message = `Its audience (aud) is ${show(audiences.join(" "))}: request it for the audience of the trust rule, which is the address of the workspace unless it names another one`;
    return refusal("audience", message);
  }
  const unmet: string[] = [];
  const fitting = addressed.filter(({ rule }) => {
    const name = findUnmetClaim(rule.claims, payload);
    if (name !== null) unmet.push(name);
    return name === null;
  });
  const [chosen, ...others] = fitting;
  if (!chosen) {
    const shown = [...new Set(unmet)].map((name) => `${name} is ${show(payload[name])}`);
    return refusal("claims", `Its claims fit no trust rule of this workspace: ${shown.join(", ")}`);
  }
  if (others.every(({ memberId }) => memberId === chosen.memberId)) return chosen;
  const message = "Its claims fit trust rules of two agents: have an admin make them differ";
  return refusal("ambiguous", message);
}

/** A token that has expired by our clock, within the tolerance, is valid for what is left of it. */
function toEnd(exp = 0): number {
  return (exp > nowSeconds() ? exp : exp + SKEW_SECONDS) * 1_000;
}

function nowSeconds(): number {
  return Date.now() / 1_000;
}

function refusal(check: FailedCheck, message: string): Refusal {
  return { check, message };
}

/** A value of the token, as its author sees it. */
function show(value: unknown): string {
  if (value === undefined || value === "") return "missing";
  return JSON.stringify(value).slice(0, MAX_SHOWN);
}
