import type * as Jose from "jose";
import type { TrustRule } from "../contract/records/agents.ts";
import { findUnmetClaim } from "../contract/records/trust-rule-claims.ts";
import type { AgentRow } from "../db/agents.ts";
import type { Env } from "../runtime/env.ts";
import { ASSERTION_TYPE } from "./assertion.ts";
import {
  readUnverified,
  refusal,
  refuseSignature,
  show,
  toEnd,
  type FailedSignatureCheck,
  type Refusal,
} from "./signed-token.ts";

/** The check of a workload's token that failed, for the audit log. */
export type FailedCheck =
  | FailedSignatureCheck
  | "issuer"
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
  // A client has it to act for a person: no workload gets an agent's access by it.
  if (read.type === ASSERTION_TYPE)
    return {
      ...refusal("form", "It is a person's identity assertion (ID-JAG)"),
      ok: false,
      issuer: null,
    };
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

/** The rule whose agent the token becomes. Two agents would be an unclear case: it is denied. */
function chooseRule(
  candidates: Candidate[],
  payload: Jose.JWTPayload,
): Candidate | Refusal<FailedCheck> {
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
