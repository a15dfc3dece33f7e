import type { CompanyProblem } from "../contract/api/company.ts";
import type { User } from "../contract/api/people.ts";
import type { IssuerIdentity } from "../contract/records/identity-issuer.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import type { Db } from "../db/database.ts";
import { storeFirstOfMinute } from "../db/events.ts";
import type { IdentityIssuerRecord } from "../db/identity-issuers.ts";
import {
  findMemberByIdentity,
  isFormerIdentity,
  listMembersWithAddress,
  type IdentifiedMember,
} from "../db/member-identities.ts";
import { findMember } from "../db/members.ts";
import { findScimPerson, hasIdentityOf } from "../db/scim-identities.ts";
import { findMembership, findUser, insertUser } from "../db/users.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import {
  decideGrants,
  decideRole,
  findMissingClaim,
  hasGroupsOverage,
  readAddress,
  readGroups,
  readPersonName,
  type Claims,
} from "../identity/company-claims.ts";
import type { Env } from "../runtime/env.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { listTeamIds } from "./company-teams.ts";
import { endSessions } from "./end-sessions.ts";
import { acceptSignInLink, newUserId } from "./link-acceptance.ts";

/** What was to be stored is not. */
const STORED = { ok: false, problem: "stored" } as const;
/** Who changes a member as its groups say, in audit events. */
const DIRECTORY = "directory";

/** A verified identity of a company's sign-in, in the workspace that trusts the issuer. */
export interface CompanyIdentity {
  env: Env;
  db: Db;
  workspace: WorkspaceRecord;
  issuer: IdentityIssuerRecord;
  claims: Claims;
}

/** The user that an identity is, or why it is none. */
export type CompanyPerson = { ok: true; user: User } | { ok: false; problem: CompanyProblem };

/** Returns issuer and subject of an identity, by which alone it is known. */
export function toIdentity({ issuer, claims }: CompanyIdentity): IssuerIdentity {
  return { issuer: issuer.issuer, subject: String(claims["sub"]), email: readAddress(claims) };
}

/** Why an identity may not sign in. `memberId`: the member whose address it has. */
interface CompanyRefusal {
  problem: CompanyProblem;
  memberId?: string | undefined;
}

/** Why an identity may not sign in; null: it may. `member`: the one that it is bound to. A test sign-in shows the same. */
export async function findRefusal(
  company: CompanyIdentity,
  member: IdentifiedMember | undefined,
): Promise<CompanyRefusal | null> {
  const { db, workspace, issuer } = company;
  const ofClaims = findRefusalOfClaims(company);
  if (ofClaims) return ofClaims;
  if (member) return member.suspendedAt === null ? null : { problem: "suspended" };
  const identity = { workspaceId: workspace.id, ...toIdentity(company) };
  if (await findScimPerson(db, workspace.id, issuer.settings, company.claims)) return null;
  if (await isFormerIdentity(db, identity)) return { problem: "removed" };
  // One with the address of a member is never taken for that member.
  const { email } = identity;
  const others = email === null ? [] : await listMembersWithAddress(db, workspace.id, email);
  if (others.length > 0) return { problem: "address_taken", memberId: others[0] };
  return issuer.settings.createsMembers ? null : { problem: "unknown" };
}

/** What every identity must have at every sign-in, also of an invitation or a member that it is bound to. */
function findRefusalOfClaims({
  claims,
  issuer: { settings },
}: CompanyIdentity): CompanyRefusal | null {
  if (settings.mappings.length > 0 && hasGroupsOverage(claims, settings))
    return { problem: "groups_overage" };
  return findMissingClaim(claims, settings) === null ? null : { problem: "claims" };
}

/** Finds or makes the user of an identity that signs in, and gives it what its groups give. */
export async function findCompanyPerson(company: CompanyIdentity): Promise<CompanyPerson> {
  const { db, workspace, issuer } = company;
  const { subject } = toIdentity(company);
  const member = await findMemberByIdentity(db, workspace.id, issuer.issuer, subject);
  const refusal = await findRefusal(company, member);
  if (refusal) return refuse(company, refusal);
  if (!member) return (await findProvisioned(company)) ?? makeMember(company);
  const user =
    member.userId === null
      ? await bindNewUser(company, member.memberId, member.name)
      : await findUser(db, member.userId);
  if (!user) return STORED;
  return (await applyGroups(company, user.id, member.memberId)) ? { ok: true, user } : STORED;
}

/** Accepts an invitation with an identity, which is bound to the invited member. */
export async function joinByCompany(
  company: CompanyIdentity,
  secret: string,
  name: string,
): Promise<CompanyPerson> {
  const { env, db, workspace } = company;
  const identity = toIdentity(company);
  const refusal = findRefusalOfClaims(company);
  if (refusal) return refuse(company, refusal);
  if (await findMemberByIdentity(db, workspace.id, identity.issuer, identity.subject))
    return refuse(company, { problem: "other_member" });
  const accepted = await acceptSignInLink(env, secret, {
    kind: "company",
    name,
    workspaceId: workspace.id,
    identity,
  });
  if (!accepted.ok) return { ok: false, problem: "link" };
  const { user } = accepted;
  const member = await findMembership(db, workspace.id, user.id);
  const isApplied = !member || (await applyGroups(company, user.id, member.memberId));
  return isApplied ? { ok: true, user } : STORED;
}

/** Binds an identity to the member of a signed-in user. */
export async function bindToUser(company: CompanyIdentity, user: User): Promise<CompanyPerson> {
  const { db, workspace } = company;
  const identity = toIdentity(company);
  const refusal = findRefusalOfClaims(company);
  if (refusal) return refuse(company, refusal);
  const member = await findMembership(db, workspace.id, user.id);
  if (!member || member.suspendedAt !== null) return refuse(company, { problem: "unknown" });
  const { issuer, subject } = identity;
  const bound = await findMemberByIdentity(db, workspace.id, issuer, subject);
  if (bound)
    return bound.memberId === member.memberId
      ? { ok: true, user }
      : refuse(company, { problem: "other_member" });
  const command = { type: "member.bind", id: member.memberId, userId: user.id, identity } as const;
  const outcome = await openObject(company).change(command, user.id, workspace.id);
  return outcome.ok ? { ok: true, user } : STORED;
}

/** An unknown subject becomes a new member. */
async function makeMember(company: CompanyIdentity): Promise<CompanyPerson> {
  const { db, workspace, issuer, claims } = company;
  const identity = toIdentity(company);
  const { mappings } = issuer.settings;
  const groups = readGroups(claims, issuer.settings);
  const role = (groups && decideGrants(groups, mappings).role) ?? "member";
  const user = await makeUser(db, readPersonName(claims));
  const member = { name: user.name, email: identity.email, role, userId: user.id };
  const outcome = await openObject(company).change(
    { type: "member.provision", member, identity },
    user.id,
    workspace.id,
  );
  if (!outcome.ok) return STORED;
  return (await applyGroups(company, user.id, outcome.result.member.id))
    ? { ok: true, user }
    : STORED;
}

/**
 * The person of the directory that an unknown identity is, by the attribute that the owner has chosen. Undefined: none. The identity
 * is bound, so that from then on issuer and subject alone count.
 */
async function findProvisioned(company: CompanyIdentity): Promise<CompanyPerson | undefined> {
  const { db, workspace, issuer, claims } = company;
  const person = await findScimPerson(db, workspace.id, issuer.settings, claims);
  if (!person) return undefined;
  const { memberId } = person;
  if (!person.active) return refuse(company, { problem: "suspended", memberId });
  if (await hasIdentityOf(db, workspace.id, issuer.issuer, memberId))
    return refuse(company, { problem: "other_member", memberId });
  const member = await findMember(db, workspace.id, memberId);
  if (!member) return STORED;
  if (member.suspendedAt !== null) return refuse(company, { problem: "suspended", memberId });
  const known = member.userId === null ? undefined : await findUser(db, member.userId);
  const user = await bindNewUser(company, memberId, known ?? member.name, toIdentity(company));
  if (!user) return STORED;
  return (await applyGroups(company, user.id, memberId)) ? { ok: true, user } : STORED;
}

/** The first sign-in of a member that the directory has named before. `person`: the member’s user, or the name of a new one. */
async function bindNewUser(
  company: CompanyIdentity,
  id: string,
  person: User | string,
  identity?: IssuerIdentity,
): Promise<User | undefined> {
  const user = typeof person === "string" ? await makeUser(company.db, person) : person;
  const binding = identity === undefined ? {} : { identity };
  const command = { type: "member.bind", id, userId: user.id, ...binding } as const;
  const outcome = await openObject(company).change(command, user.id, company.workspace.id);
  return outcome.ok ? user : undefined;
}

async function makeUser(db: Db, name: string): Promise<User> {
  const user: User = {
    id: newUserId(),
    name,
    email: null,
    isFounder: false,
    createdAt: Date.now(),
    managesHosts: false,
    curatesMarketplace: false,
  };
  const detail = { name, method: "company" };
  await insertUser(
    db,
    user,
    null,
    makeAuditEvent(user.id, "user.created", `user:${user.id}`, detail),
  );
  return user;
}

/**
 * Gives a member what its groups give. The role of the last owner stays: its change is refused. A new role ends the sessions of
 * the person, as one that an admin gives. False: it is not stored, and the person may not sign in with what it had before.
 */
async function applyGroups(company: CompanyIdentity, userId: string, id: string): Promise<boolean> {
  const { env, db, workspace, issuer, claims } = company;
  const { mappings } = issuer.settings;
  const groups = readGroups(claims, issuer.settings);
  const before = await findMembership(db, workspace.id, userId);
  if (mappings.length === 0 || groups === null || !before) return true;
  const grants = decideGrants(groups, mappings);
  const object = openObject(company);
  const role = decideRole(before.role, grants, mappings);
  if (role !== null) {
    const command = { type: "member.update", id, patch: { role } } as const;
    const outcome = await object.change(command, DIRECTORY, workspace.id);
    const isLastOwner = !outcome.ok && outcome.refusal.code === "conflict";
    if (!outcome.ok && !(isLastOwner && before.role === "owner")) return false;
    if (outcome.ok) await endSessions(env, db, userId);
  }
  const mapped = listTeamIds(mappings);
  if (mapped.length === 0) return true;
  const command = { type: "member.teams", id, mapped, granted: grants.teamIds } as const;
  return (await object.change(command, DIRECTORY, workspace.id)).ok;
}

function openObject({ env, workspace }: CompanyIdentity) {
  return workspacesOf(env).getByName(workspace.slug);
}

/** Refuses an identity, with an event unless the issuer has one of the same minute: a stranger with an account must not fill the log. */
async function refuse(
  company: CompanyIdentity,
  { problem, memberId }: CompanyRefusal,
): Promise<CompanyPerson> {
  const { db, workspace, issuer } = company;
  const identity = toIdentity(company);
  const detail = {
    reason: problem,
    issuer: issuer.issuer,
    identity: { subject: identity.subject, email: identity.email },
    ...(memberId === undefined ? {} : { memberId }),
  };
  const object = memberId === undefined ? `issuer:${issuer.id}` : `member:${memberId}`;
  const action = "company_sign_in.refused";
  const event = makeAuditEvent("anonymous", action, object, detail, workspace.id);
  await storeFirstOfMinute(db, event);
  return { ok: false, problem };
}
