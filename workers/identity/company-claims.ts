import type { GroupMapping, IssuerSettings } from "../contract/records/identity-issuer.ts";
import type { Role } from "../contract/records/workspace.ts";

/** The claims of a verified ID token. */
export type Claims = Record<string, unknown>;

/** More groups are not read: no directory lists so many in a token. */
const MAX_GROUPS = 2_000;
/** From the most rights to the fewest. */
const RANK: Role[] = ["owner", "admin", "auditor", "member"];

/** What the groups of a person give. Null: the directory does not say. */
export interface GroupGrants {
  role: Role | null;
  /** The teams that the directory manages for this person. */
  teamIds: string[];
}

/** The address that the provider gives; null: none, or the provider says that it is not verified. It identifies no one. */
export function readAddress({ email, email_verified: verified }: Claims): string | null {
  if (verified === false || verified === "false") return null;
  return typeof email === "string" && email.length <= 254 && email.includes("@") ? email : null;
}

/** The name for a new member. */
export function readPersonName(claims: Claims): string {
  const found = [claims["name"], claims["preferred_username"], claims["email"]].find(
    (value) => typeof value === "string" && value.trim() !== "",
  );
  return String(found ?? claims["sub"])
    .replaceAll(/\p{C}/gu, "")
    .trim()
    .slice(0, 120);
}

/**
 * Whether the provider has left the groups out because there are too many, and names another address instead (Microsoft
 * Entra, "groups overage claim"; OpenID Connect Core 1.0, section 5.6.2).
 */
export function hasGroupsOverage(claims: Claims, { groupsClaim }: IssuerSettings): boolean {
  if (groupsClaim === null || claims[groupsClaim] !== undefined) return false;
  const names = claims["_claim_names"];
  const isElsewhere =
    typeof names === "object" && names !== null && Object.hasOwn(names, groupsClaim);
  return isElsewhere || claims["hasgroups"] === true || claims["hasgroups"] === "true";
}

/**
 * The groups that the claims name; null: the workspace reads none, so that they decide nothing. A missing claim is no group:
 * Microsoft Entra leaves it out for a person without any.
 */
export function readGroups(claims: Claims, { groupsClaim }: IssuerSettings): string[] | null {
  if (groupsClaim === null) return null;
  const value = claims[groupsClaim];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((group) => typeof group === "string").slice(0, MAX_GROUPS);
}

/** What groups give: the role with the most rights, and all teams. Without a mapping to roles, roles are not the directory's. */
export function decideGrants(groups: string[], mappings: GroupMapping[]): GroupGrants {
  const mine = mappings.filter(({ group }) => groups.includes(group));
  const teamIds = mine.flatMap(({ teamId }) => (teamId === null ? [] : [teamId]));
  const isMapped = mappings.some(({ role }) => role !== null);
  const role = RANK.find((rank) => mine.some((mapping) => mapping.role === rank)) ?? "member";
  return { role: isMapped ? role : null, teamIds: [...new Set(teamIds)] };
}

/**
 * The role that a member gets at a sign-in; null: it stays. Only a mapping makes an owner, and unless a mapping makes owners,
 * owners are not the directory's to end.
 */
export function decideRole(
  before: Role,
  { role }: GroupGrants,
  mappings: GroupMapping[],
): Role | null {
  if (role === null || role === before) return null;
  const managesOwners = mappings.some((mapping) => mapping.role === "owner");
  return before === "owner" && !managesOwners ? null : role;
}

/** The claim that keeps an identity from signing in; null: all fit. */
export function findMissingClaim(
  claims: Claims,
  { requiredClaims, emailDomains }: IssuerSettings,
): string | null {
  const missing = requiredClaims.find(({ claim, values }) => {
    const value = claims[claim];
    const given: unknown[] = Array.isArray(value) ? value : [value];
    return !given.some((one) => isScalar(one) && values.includes(String(one)));
  });
  if (missing) return missing.claim;
  if (emailDomains.length === 0) return null;
  const address = readAddress(claims);
  const domain = address?.slice(address.lastIndexOf("@") + 1).toLowerCase();
  const isVerified = claims["email_verified"] === true || claims["email_verified"] === "true";
  return isVerified && domain !== undefined && emailDomains.includes(domain) ? null : "email";
}

function isScalar(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
