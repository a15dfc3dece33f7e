import type { AuditAction } from "../contract/records/audit-actions.ts";
import { quote, type Predicate } from "./event-details.ts";

type AssertionAction = Extract<AuditAction, `assertion.${string}`>;

/** The check of an assertion that failed, in words. One of another release has none. */
const CHECKS: Record<string, string> = {
  algorithm: "its algorithm is not accepted",
  keys: "the issuer’s keys could not be used",
  signature: "its signature is not the issuer’s",
  expired: "it had expired",
  not_yet_valid: "it was not valid yet",
  audience: "it is for another authorization server",
  client: "it is for another client",
  resource: "it is for another address",
  scope: "it is for other scopes",
  claims: "its claims are not those that the workspace requires",
  replayed: "it was used before",
  member: "its subject is no member who may call tools with this client",
};

/** What identity assertions did. */
export const ASSERTION_PREDICATES: Record<AssertionAction, Predicate> = {
  "assertion.accepted": ({ detail, nameOf }) =>
    `let the client ${quote(detail.text("label"))} (${detail.text("client") ?? "?"}) act for ${nameOf(detail.text("memberId") ?? "")}, as ${detail.text("issuer") ?? "?"} asserts`,
  "assertion.refused": ({ detail, nameOf }) => {
    const issuer = detail.text("issuer") ?? "?";
    const memberId = detail.text("memberId");
    if (memberId !== null)
      return `refused an assertion of ${issuer}: it has the address of ${nameOf(memberId)} for another account of the issuer`;
    const subject = detail.text("subject");
    const client = detail.text("clientId");
    const about = subject === null ? "" : ` about ${subject}`;
    const by = client === null ? "" : ` from the client ${client}`;
    const left = subject === null ? "more of the same hour" : "others of the same minute";
    return `refused an assertion of ${issuer}${about}${by}: ${CHECKS[detail.text("check") ?? ""] ?? "it is not valid"} (${left} can be missing here)`;
  },
};
