import type { AuditAction } from "../contract/records/audit-actions.ts";
import { was } from "./event-changes.ts";
import { joinWords, quote, toDate, type Detail, type Predicate } from "./event-details.ts";

type AgentAction = Extract<AuditAction, `${"agent" | "trust_rule" | "workload_token"}.${string}`>;

/** The check of a workload's token that failed, in words. One of another release has none. */
const CHECKS: Record<string, string> = {
  algorithm: "its algorithm is not accepted",
  keys: "the issuer’s keys could not be used",
  signature: "its signature is not the issuer’s",
  expired: "it had expired",
  not_yet_valid: "it was not valid yet",
  audience: "it is for another audience",
  claims: "its claims fit no trust rule",
  ambiguous: "its claims fit trust rules of two agents",
  replayed: "it was exchanged before",
  agent: "its agent may not act, or its trust rule had just changed",
};

/** What was changed of agents and their trust rules. */
export const AGENT_PREDICATES: Record<AgentAction, Predicate> = {
  "agent.created": ({ object, detail, nameOf }) =>
    `created the agent ${object}, for which ${nameOf(detail.text("ownerId") ?? "")} answers${describeEnd(detail)}`,
  "agent.updated": ({ object, detail, nameOf }) =>
    `changed the agent ${object}: ${listChanges(detail, nameOf)}`,
  "trust_rule.created": ({ object, detail }) =>
    `let workloads act as the agent ${object} by the trust rule ${describeRule(detail)}`,
  "trust_rule.updated": ({ object, detail }) =>
    `changed a trust rule of the agent ${object} to ${describeRule(detail)}${describeBefore(detail)}`,
  "trust_rule.deleted": ({ object, detail }) =>
    `removed the trust rule ${describeRule(detail)} of the agent ${object}`,
  "workload_token.refused": ({ detail }) =>
    `refused to exchange a token of ${detail.text("issuer") ?? "?"}: ${CHECKS[detail.text("check") ?? ""] ?? "it is not valid"} (later ones of the same minute are not listed)`,
};

function describeEnd(detail: Detail): string {
  const at = detail.number("endsAt");
  return at === 0 ? "" : ` until ${toDate(at)}`;
}

function listChanges(detail: Detail, nameOf: (id: string) => string): string {
  const before = detail.part("before");
  const toWords = (part: Detail) =>
    part.number("endsAt") === 0 ? "never" : toDate(part.number("endsAt"));
  const owner = (part: Detail) => nameOf(part.text("ownerId") ?? "");
  return (
    joinWords([
      ...(before.has("name") ? [`it was named ${quote(before.text("name"))}`] : []),
      ...(detail.has("ownerId") ? [`${owner(detail)} answers for it${was(owner(before))}`] : []),
      ...(detail.has("endsAt") ? [`it ends ${toWords(detail)}${was(toWords(before))}`] : []),
    ]) || "no field differs"
  );
}

/** “CI” (tokens of https://issuer for https://gateway/mcp/acme with repository acme/app). */
function describeRule(detail: Detail): string {
  const { issuer, audience } = { issuer: detail.text("issuer"), audience: detail.text("audience") };
  const claims = joinWords(listClaims(detail));
  return `${quote(detail.text("rule"))} (tokens of ${issuer ?? "?"} for ${audience ?? "?"} with ${claims})`;
}

function describeBefore(detail: Detail): string {
  const before = detail.part("before");
  const values = [
    before.has("name") ? quote(before.text("name")) : null,
    before.text("issuer"),
    before.text("audience"),
    ...listClaims(before),
  ];
  return was(joinWords(values.filter((value) => value !== null)));
}

function listClaims(detail: Detail): string[] {
  const claims = detail.value("claims");
  if (typeof claims !== "object" || claims === null) return [];
  return Object.entries(claims).map(([name, value]) => `${name} ${value}`);
}
