import type { CompanyProblem } from "../contract/api/company.ts";
import type { User } from "../contract/api/people.ts";
import type { IssuerIdentity } from "../contract/records/identity-issuer.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import type { Db } from "../db/database.ts";
import { storeEvent } from "../db/events.ts";
import type { IdentityIssuerRecord } from "../db/identity-issuers.ts";
import { findMemberByIdentity, listMembersWithAddress } from "../db/member-identities.ts";
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
import { acceptSignInLink, newUserId } from "./link-acceptance.ts";

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

/** Finds or makes the user of an identity that signs in, and gives it what its groups give. */
export async function findCompanyPerson(company: CompanyIdentity): Promise<CompanyPerson> {
  const { db, workspace, issuer, claims } = company;
  if (issuer.settings.mappings.length > 0 && hasGroupsOverage(claims, issuer.settings))
    return refuse(company, "groups_overage");
  const { subject } = toIdentity(company);
  const member = await findMemberByIdentity(db, workspace.id, issuer.issuer, subject);
  if (!member) return makeMember(company);
  if (member.suspendedAt !== null) return refuse(company, "suspended");
  const user =
    member.userId === null
      ? await bindNewUser(company, member.memberId, member.name)
      : await findUser(db, member.userId);
  if (!user) return { ok: false, problem: "stored" };
  await applyGroups(company, user.id, member.memberId);
  return { ok: true, user };
}

/** Accepts an invitation with an identity, which is bound to the invited member. */
export async function joinByCompany(
  company: CompanyIdentity,
  secret: string,
  name: string,
): Promise<CompanyPerson> {
  const { env, db, workspace } = company;
  const identity = toIdentity(company);
  if (await findMemberByIdentity(db, workspace.id, identity.issuer, identity.subject))
    return refuse(company, "other_member");
  const accepted = await acceptSignInLink(env, secret, {
    kind: "company",
    name,
    workspaceId: workspace.id,
    identity,
  });
  if (!accepted.ok) return { ok: false, problem: "link" };
  const { user } = accepted;
  const member = await findMembership(db, workspace.id, user.id);
  if (member) await applyGroups(company, user.id, member.memberId);
  return { ok: true, user };
}

/** Binds an identity to the member of a signed-in user. */
export async function bindToUser(company: CompanyIdentity, user: User): Promise<CompanyPerson> {
  const { db, workspace } = company;
  const identity = toIdentity(company);
  const member = await findMembership(db, workspace.id, user.id);
  if (!member || member.suspendedAt !== null) return refuse(company, "unknown");
  const { issuer, subject } = identity;
  const bound = await findMemberByIdentity(db, workspace.id, issuer, subject);
  if (bound)
    return bound.memberId === member.memberId
      ? { ok: true, user }
      : refuse(company, "other_member");
  const command = { type: "member.bind", id: member.memberId, userId: user.id, identity } as const;
  const outcome = await openObject(company).change(command, user.id, workspace.id);
  return outcome.ok ? { ok: true, user } : { ok: false, problem: "stored" };
}

/** An unknown subject. One with the address of a member is never taken for that member. */
async function makeMember(company: CompanyIdentity): Promise<CompanyPerson> {
  const { db, workspace, issuer, claims } = company;
  const identity = toIdentity(company);
  const { email } = identity;
  const others = email === null ? [] : await listMembersWithAddress(db, workspace.id, email);
  if (others.length > 0) return refuse(company, "address_taken", others[0]);
  if (!issuer.settings.createsMembers) return refuse(company, "unknown");
  if (findMissingClaim(claims, issuer.settings) !== null) return refuse(company, "claims");
  const { mappings } = issuer.settings;
  const grants = decideGrants(readGroups(claims, issuer.settings), mappings);
  const user = await makeUser(db, readPersonName(claims));
  const role = grants.role ?? "member";
  const member = { name: user.name, email, role, userId: user.id };
  const outcome = await openObject(company).change(
    { type: "member.provision", member, identity },
    user.id,
    workspace.id,
  );
  if (!outcome.ok) return { ok: false, problem: "stored" };
  await applyGroups(company, user.id, outcome.result.member.id);
  return { ok: true, user };
}

/** The first sign-in of a member that the directory has named before. */
async function bindNewUser(
  company: CompanyIdentity,
  id: string,
  name: string,
): Promise<User | undefined> {
  const user = await makeUser(company.db, name);
  const command = { type: "member.bind", id, userId: user.id } as const;
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

/** Gives a member what its groups give. The role of the last owner stays: its change is refused. */
async function applyGroups(company: CompanyIdentity, userId: string, id: string): Promise<void> {
  const { db, workspace, issuer, claims } = company;
  const { mappings } = issuer.settings;
  if (mappings.length === 0) return;
  const before = await findMembership(db, workspace.id, userId);
  if (!before) return;
  const grants = decideGrants(readGroups(claims, issuer.settings), mappings);
  const object = openObject(company);
  const role = decideRole(before.role, grants, mappings);
  if (role !== null)
    await object.change({ type: "member.update", id, patch: { role } }, DIRECTORY, workspace.id);
  const mapped = listTeamIds(mappings);
  if (mapped.length === 0) return;
  const command = { type: "member.teams", id, mapped, granted: grants.teamIds } as const;
  await object.change(command, DIRECTORY, workspace.id);
}

function openObject({ env, workspace }: CompanyIdentity) {
  return workspacesOf(env).getByName(workspace.slug);
}

async function refuse(
  company: CompanyIdentity,
  problem: CompanyProblem,
  memberId?: string,
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
  const event = makeAuditEvent(
    "anonymous",
    "company_sign_in.refused",
    object,
    detail,
    workspace.id,
  );
  await storeEvent(db, event);
  return { ok: false, problem };
}
