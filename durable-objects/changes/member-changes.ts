import type {
  EntityChange,
  MemberRecord,
  NamedMember,
  Role,
  TokenRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command, MemberInput } from "../../workers/contract/rpc/commands.ts";
import { toNamedMember } from "../policy/rules.ts";
import {
  accept,
  findChangedFields,
  refuse,
  withBefore,
  type AcceptedDecision,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "./change-decision.ts";
import { toSignOuts } from "./connection-changes.ts";
import { isTemporary, toDeletion } from "./temporary-token-changes.ts";

/** Most tokens that an event names: an event has a limited size, and must not keep a member from being removed. */
const MAX_NAMED_TOKENS = 200;

/** A new member record without rules. */
export function newMember(
  input: MemberInput,
  userId: string | null,
  context: ChangeContext,
): MemberRecord {
  return {
    id: context.newId("mem"),
    name: input.name,
    email: input.email ?? null,
    role: input.role ?? "member",
    userId,
    rules: [],
    terms: {},
    isRestricted: false,
    suspendedAt: null,
    agent: null,
    rulesVersion: 0,
    createdAt: context.now,
  };
}

/** Adds a member. A user can be only one member of a workspace. */
export function createMember(
  config: WorkspaceConfig,
  { input, userId, callerRole }: Command<"member.create">,
  context: ChangeContext,
): ChangeDecision<"member.create"> {
  const member = newMember(input, userId ?? null, context);
  if (!canChange(callerRole, member)) return refuseNonOwner();
  if (userId !== undefined && isMember(config, userId)) return refuseSecondMembership();
  const { name, email, role } = member;
  const detail = { name, email, role, ...(userId === undefined ? {} : { userId }) };
  return acceptMember(config, context, member, "created", detail);
}

/** Changes name, email or role. The last owner keeps the role. The tokens of a member who becomes an auditor are revoked. */
export function updateMember(
  config: WorkspaceConfig,
  { id, patch, callerRole }: Command<"member.update">,
  context: ChangeContext,
): ChangeDecision<"member.update"> {
  const before = config.members.get(id);
  if (!before) return refuseUnknownMember();
  if (before.agent && (patch.email || (patch.role ?? "member") !== "member"))
    return refuse("conflict", "An agent has no e-mail address, and no other role than member.");
  const member: MemberRecord = {
    ...before,
    name: patch.name ?? before.name,
    email: patch.email === undefined ? before.email : patch.email,
    role: patch.role ?? before.role,
  };
  if (!canChange(callerRole, before) || !canChange(callerRole, member)) return refuseNonOwner();
  if (member.role !== "owner" && isLastOwner(config, before)) return refuseLastOwner();
  const becomesAuditor = member.role === "auditor" && before.role !== "auditor";
  const changed = withBefore(before, findChangedFields(before, member));
  const revocations = becomesAuditor ? revokeTokens(config, id, context.now) : [];
  const revokedTokens = revocations.map((change) => change.id);
  const detail = revokedTokens.length > 0 ? { ...changed, revokedTokens } : changed;
  const temporary = becomesAuditor ? deleteTemporaryTokens(config, id) : [];
  const signOuts = becomesAuditor ? listSignOuts(config, id) : [];
  const others = [...revocations, ...temporary, ...signOuts];
  return acceptMember(config, context, member, "updated", detail, others);
}

/** Links a user to a member. Only the first use of an invitation succeeds: afterwards the member has a user. */
export function joinMember(
  config: WorkspaceConfig,
  { id, userId, role, identity }: Command<"member.join">,
  context: ChangeContext,
): ChangeDecision<"member.join"> {
  const member = config.members.get(id);
  if (!member || member.agent) return refuseUnknownMember();
  if (member.role !== role) {
    const message = "The member's role changed after the invitation: ask for a new link.";
    return refuse("conflict", message);
  }
  if (member.userId) return refuse("conflict", "Another user already signs in as this member.");
  if (isMember(config, userId)) return refuseSecondMembership();
  const detail = { userId, ...(identity ? { identity } : {}) };
  return acceptMember(config, context, { ...member, userId }, "joined", detail);
}

/**
 * Removes a member. Its tokens are revoked and kept, so that past calls can still be attributed. Tokens that it made for
 * others go on: the event names them, because the member has seen their values. Its agents end until they get another owner.
 * Its accounts at servers are disconnected.
 */
export function deleteMember(
  config: WorkspaceConfig,
  { id, callerRole }: Command<"member.delete">,
  context: ChangeContext,
): ChangeDecision<"member.delete"> {
  const member = config.members.get(id);
  if (!member) return refuseUnknownMember();
  if (!canChange(callerRole, member)) return refuseNonOwner();
  if (isLastOwner(config, member)) return refuseLastOwner();
  const revocations = revokeTokens(config, id, context.now);
  const temporary = deleteTemporaryTokens(config, id);
  const remaining = listTokensForOthers(config, member, context.now);
  const agents = [...config.members.values()].filter(({ agent }) => agent?.ownerId === id);
  const signOuts = listSignOuts(config, id);
  const detail = {
    name: member.name,
    ...(signOuts.length > 0 ? { endedAccounts: signOuts.length } : {}),
    ...(agents.length > 0 ? { endedAgents: agents.map(({ name }) => name) } : {}),
    revokedTokens: revocations.map((change) => change.id),
    remainingTokens: remaining.slice(0, MAX_NAMED_TOKENS).map(({ id, label }) => ({ id, label })),
    remainingTokenCount: remaining.length,
  };
  const changes: EntityChange[] = [
    { kind: "member", id, value: null },
    ...revocations,
    ...temporary,
    ...signOuts,
  ];
  return accept(context, config.workspace, toMemberEvent(id, "deleted", detail), changes, {});
}

/** The changes that end all access of a member but its role and rules: its tokens, also temporary ones, and its sign-ins at servers. */
export function endAccess(config: WorkspaceConfig, memberId: string, now: number): EntityChange[] {
  return [
    ...revokeTokens(config, memberId, now),
    ...deleteTemporaryTokens(config, memberId),
    ...listSignOuts(config, memberId),
  ];
}

/** The changes that revoke all tokens of a member. */
function revokeTokens({ tokens }: WorkspaceConfig, memberId: string, now: number): EntityChange[] {
  return [...tokens.values()]
    .filter(
      (token) => token.memberId === memberId && !isTemporary(token) && token.revokedAt === null,
    )
    .map((token) => ({ kind: "token", id: token.id, value: { ...token, revokedAt: now } }));
}

function listSignOuts(config: WorkspaceConfig, memberId: string): EntityChange[] {
  return toSignOuts(config, (connection) => connection.memberId === memberId);
}

function deleteTemporaryTokens({ tokens }: WorkspaceConfig, memberId: string): EntityChange[] {
  return [...tokens.values()]
    .filter((token) => token.memberId === memberId && isTemporary(token))
    .map(toDeletion);
}

/** The valid tokens whose values the member has seen, without its own. */
function listTokensForOthers(
  { tokens }: WorkspaceConfig,
  { id, userId }: MemberRecord,
  now: number,
): TokenRecord[] {
  if (userId === null) return [];
  return [...tokens.values()].filter(
    (token) => token.createdBy === userId && token.memberId !== id && isValid(token, now),
  );
}

function isValid({ revokedAt, expiresAt }: TokenRecord, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

function acceptMember(
  config: WorkspaceConfig,
  context: ChangeContext,
  member: MemberRecord,
  verb: "created" | "updated" | "joined",
  detail: Record<string, unknown>,
  others: EntityChange[] = [],
): AcceptedDecision<{ member: NamedMember }> {
  const changes: EntityChange[] = [{ kind: "member", id: member.id, value: member }, ...others];
  const event = toMemberEvent(member.id, verb, detail);
  return accept(context, config.workspace, event, changes, {
    member: toNamedMember(config, member),
  });
}

/**
 * Whether no owner is left without this member. An invited owner without a user does not replace one with a user, and a
 * suspended one replaces no one.
 */
export function isLastOwner(config: WorkspaceConfig, member: MemberRecord): boolean {
  const replaces = ({ id, role, userId, suspendedAt }: MemberRecord) =>
    id !== member.id &&
    role === "owner" &&
    suspendedAt === null &&
    (!member.userId || Boolean(userId));
  return member.role === "owner" && ![...config.members.values()].some(replaces);
}

/** Only an owner changes owners, and auditors, who read what admins do. */
export function canChange(callerRole: Role | undefined, member: MemberRecord): boolean {
  const isForOwners = member.role === "owner" || member.role === "auditor";
  return callerRole === undefined || callerRole === "owner" || !isForOwners;
}

/** Whether a user is a member of the workspace. */
export function isMember(config: WorkspaceConfig, userId: string): boolean {
  return [...config.members.values()].some((member) => member.userId === userId);
}

/** Refuses an admin's change of an owner or auditor. */
export function refuseNonOwner() {
  const message = "Only an owner can create, change or remove an owner or an auditor: ask one.";
  return refuse("forbidden", message);
}

/** Refuses to make a user a second member of the workspace. */
export function refuseSecondMembership() {
  return refuse("conflict", "This user is already a member of the workspace.");
}

function refuseLastOwner() {
  return refuse(
    "conflict",
    "This is the workspace's last owner: make another member an owner first.",
  );
}

/** Refuses a change of a member that the workspace does not have. */
export function refuseUnknownMember() {
  return refuse("not_found", "There is no such member in this workspace.");
}

function toMemberEvent(
  id: string,
  verb: "created" | "updated" | "joined" | "deleted",
  detail: Record<string, unknown>,
): ChangeEvent {
  return { action: `member.${verb}`, object: `member:${id}`, detail };
}
