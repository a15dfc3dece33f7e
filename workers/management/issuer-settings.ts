import type { IssuerSettings } from "../contract/records/identity-issuer.ts";
import type { Refusal } from "../contract/rpc/commands.ts";

/**
 * Everyone with an account at the provider would become a member without a bound. Mappings without a claim for groups would say
 * nothing, while the directory is to decide who is in their teams. An address is no proof of who a person is.
 */
export function checkSettings(settings: IssuerSettings): Refusal | null {
  const { createsMembers, requiredClaims, emailDomains, mappings, groupsClaim } = settings;
  if (CHANGING_CLAIMS.has(settings.scimClaim)) return CHANGING_CLAIM;
  if (mappings.length > 0 && groupsClaim === null) return NO_GROUPS_CLAIM;
  const isBounded = requiredClaims.length > 0 || emailDomains.length > 0;
  return createsMembers && !isBounded ? UNBOUNDED : null;
}

const UNBOUNDED: Refusal = {
  code: "invalid",
  message:
    "settings.createsMembers: say which claims (the tenant or organisation) or domains of verified addresses a new member needs, or everyone with an account at the provider could join.",
};

const NO_GROUPS_CLAIM: Refusal = {
  code: "invalid",
  message:
    "settings.groupsClaim: name the claim that lists a person's groups, or remove the mappings first.",
};

/** Claims that can change, or that another person can have later. */
const CHANGING_CLAIMS = new Set(["email", "preferred_username", "upn", "unique_name", "name"]);
const CHANGING_CLAIM: Refusal = {
  code: "invalid",
  message:
    "settings.scimClaim: this claim can change or be given to another person. Choose one that identifies a person for good: sub, or oid at Microsoft Entra.",
};
