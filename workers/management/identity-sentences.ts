import type { AuditAction } from "../contract/records/audit-actions.ts";
import { joinWords, quote, type Detail, type Predicate } from "./event-details.ts";
import { SCIM_PREDICATES, type ScimAction } from "./scim-sentences.ts";

type IdentityAction = Extract<
  AuditAction,
  | `issuer.${string}`
  | "member.provisioned"
  | "member.bound"
  | "member.unbound"
  | "company_sign_in.refused"
  | ScimAction
>;

/** Why a sign-in was refused, in words. One of another release has none. */
const REFUSALS: Record<string, string> = {
  unknown: "the identity is no member’s",
  address_taken: "a member has its address, and another identity",
  claims: "it lacks a claim or address that the workspace requires",
  removed: "its member was removed",
  suspended: "the member is suspended",
  token: "the provider’s ID token is not valid",
  groups_overage: "it is in more groups than the provider lists in a token",
  other_member: "the identity is another member’s",
};

const FIELDS: Record<string, string> = {
  name: "its name",
  issuer: "its address",
  clientId: "its client id",
  clientSecret: "its client secret",
  settings: "how it is used",
  isEnabled: "whether it is on",
  acceptsAssertions: "whether its assertions give clients access",
};

/** What was changed of the company's sign-in and the identities of people. */
export const IDENTITY_PREDICATES: Record<IdentityAction, Predicate> = {
  ...SCIM_PREDICATES,
  "issuer.created": ({ detail }) => `added ${describeIssuer(detail)}`,
  "issuer.updated": ({ detail }) =>
    `changed ${describeIssuer(detail)}: ${joinWords(detail.texts("changed").map((field) => FIELDS[field] ?? field))}`,
  "issuer.deleted": ({ detail }) => `removed ${describeIssuer(detail)}`,
  "member.provisioned": ({ actor, object, detail }) =>
    actor === object
      ? `joined as ${detail.text("role") ?? "member"}${describeIdentity(detail)}`
      : `added ${object} as ${detail.text("role") ?? "member"}, as the directory says${describeIdentity(detail)}`,
  "member.bound": ({ actor, object, detail }) =>
    actor === object
      ? `connected a company account${describeIdentity(detail)}`
      : `connected ${object} with a company account${describeIdentity(detail)}`,
  "member.unbound": ({ object, detail }) =>
    `took the company account from ${object}${describeIdentity(detail)}`,
  "company_sign_in.refused": ({ detail }) =>
    `was refused to sign in by ${detail.text("issuer") ?? "?"}: ${REFUSALS[detail.text("reason") ?? ""] ?? "it is not allowed"}${describeIdentity(detail)} (later ones of this account within a minute are not listed)`,
};

function describeIssuer(detail: Detail): string {
  const kind = detail.text("kind") === "assertions" ? "the issuer of assertions" : "the sign-in";
  return `${kind} ${quote(detail.text("name"))} (${detail.text("issuer") ?? "?"})`;
}

function describeIdentity(detail: Detail): string {
  const identity = detail.part("identity");
  const subject = identity.text("subject");
  if (subject === null) return "";
  const email = identity.text("email");
  return ` (subject ${subject}${email === null ? "" : `, ${email}`})`;
}
