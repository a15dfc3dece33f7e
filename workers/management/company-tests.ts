import type { CompanyProblem, IssuerTest } from "../contract/api/company.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import { HOUR_MS } from "../contract/units.ts";
import { seal, unseal } from "../crypto/seal.ts";
import type { Db } from "../db/database.ts";
import type { IdentityIssuerRecord } from "../db/identity-issuers.ts";
import { findMemberByIdentity } from "../db/member-identities.ts";
import { findOauthRecord, saveOauthRecord } from "../db/oauth-records.ts";
import { decideGrants, readGroups } from "../identity/company-claims.ts";
import type { Env } from "../runtime/env.ts";
import type { RedeemedIdentity } from "../upstream/sign-in/openid.ts";
import { findRefusal, type CompanyIdentity } from "./company-person.ts";

/** What a test has shown is kept for the owner who looks at it next. */
const KEPT_MS = HOUR_MS;
const MAX_CLAIMS = 100;
const MAX_VALUE = 300;
/** Claims that belong to one token only: hashes, and the values that bind it to one sign-in. */
const HIDDEN = new Set(["nonce", "at_hash", "c_hash", "s_hash", "sid", "jti", "aio", "rh", "uti"]);

/** Keeps what the test sign-in of an owner has shown. */
export async function keepTest(
  env: Env,
  db: Db,
  workspace: WorkspaceRecord,
  issuer: IdentityIssuerRecord,
  redeemed: RedeemedIdentity,
): Promise<void> {
  const now = Date.now();
  const test = redeemed.ok
    ? await describeTest({ env, db, workspace, issuer, claims: redeemed.claims }, now)
    : { testedAt: now, problem: `${redeemed.problem}.`, claims: [], groups: [], outcome: "" };
  const expiresAt = now + KEPT_MS;
  const value = seal(env.MCPNEST_MASTER_KEYS, "company-test", test, expiresAt);
  const record = { key: toKey(issuer.id), value, metadata: null, clientId: null, expiresAt };
  await saveOauthRecord(db, record, undefined, now);
}

/** Returns what the last test has shown; null: none was made within the hour. */
export async function findTest(env: Env, db: Db, issuerId: string): Promise<IssuerTest | null> {
  const now = Date.now();
  const found = await findOauthRecord(db, toKey(issuerId), now);
  const opened = found && unseal(env.MCPNEST_MASTER_KEYS, "company-test", found.value, now);
  // A cast: only this file seals for this purpose.
  return (opened as IssuerTest | undefined) ?? null;
}

async function describeTest(company: CompanyIdentity, testedAt: number): Promise<IssuerTest> {
  const { db, workspace, issuer, claims } = company;
  const { settings } = issuer;
  const groups = readGroups(claims, settings) ?? [];
  const member = await findMemberByIdentity(db, workspace.id, issuer.issuer, String(claims["sub"]));
  const refusal = await findRefusal(company, member);
  const problem = refusal && REFUSALS[refusal.problem];
  const shown = Object.entries(claims)
    .filter(([name]) => !HIDDEN.has(name))
    .slice(0, MAX_CLAIMS)
    .map(([name, value]) => ({ name, value: toText(value) }));
  const { role, teamIds } = decideGrants(groups, settings.mappings);
  const gets = `the role ${role ?? "that a member has already, or member"}${teamIds.length === 0 ? "" : ` and ${teamIds.length} teams`}`;
  const outcome = member
    ? `This account is the member ${member.name}, with ${gets}.`
    : `This account would become a new member, with ${gets}.`;
  return {
    testedAt,
    problem: problem ?? null,
    claims: shown,
    groups: groups.slice(0, 200),
    outcome,
  };
}

/** Why the tested account could not sign in. */
const REFUSALS: Partial<Record<CompanyProblem, string>> = {
  groups_overage:
    "You are in more groups than the provider lists in a token. Let it send only the groups that are assigned to the application.",
  claims:
    "This account could not sign in: it lacks a required claim, or a verified address of the domains.",
  suspended: "This account could not sign in: its member is suspended.",
  removed:
    "This account could not sign in: its member was removed. An invitation lets it in again.",
  address_taken:
    "This account could not sign in: a member has its address. Connect the account on the account page, or accept an invitation with it.",
  unknown:
    "This account is no member’s, and new members are not created: connect it on the account page, or accept an invitation with it.",
};

function toText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

function toKey(issuerId: string): string {
  return `company-test:${issuerId}`;
}
