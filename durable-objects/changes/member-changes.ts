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
  type AcceptedDecision,
  type ChangeContext,
  type ChangeDecision,
} from "./change-decision.ts";
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
    isRestricted: false,
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

/** Changes name, email or role. The last owner keeps the role. */
export function updateMember(
  config: WorkspaceConfig,
  { id, patch, callerRole }: Command<"member.update">,
  context: ChangeContext,
): ChangeDecision<"member.update"> {
  const before = config.members.get(id);
  if (!before) return refuseUnknownMember();
  const member: MemberRecord = {
    ...before,
    name: patch.name ?? before.name,
    email: patch.email === undefined ? before.email : patch.email,
    role: patch.role ?? before.role,
  };
  if (!canChange(callerRole, before) || !canChange(callerRole, member)) return refuseNonOwner();
  if (member.role !== "owner" && isLastOwner(config, before)) return refuseLastOwner();
  return acceptMember(config, context, member, "updated", findChangedFields(before, member));
}

/** Links a user to a member. Only the first use of an invitation succeeds: afterwards the member has a user. */
export function joinMember(
  config: WorkspaceConfig,
  { id, userId, role }: Command<"member.join">,
  context: ChangeContext,
): ChangeDecision<"member.join"> {
  const member = config.members.get(id);
  if (!member) return refuseUnknownMember();
  if (member.role !== role) {
    const message = "The member's role changed after the invitation: ask for a new link.";
    return refuse("conflict", message);
  }
  if (member.userId) return refuse("conflict", "Another user already signs in as this member.");
  if (isMember(config, userId)) return refuseSecondMembership();
  return acceptMember(config, context, { ...member, userId }, "joined", { userId });
}

/**
 * Removes a member. Its tokens are revoked and kept, so that past calls can still be attributed. Tokens that it made for
 * others go on: the event names them, because the member has seen their values.
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
  const ofMember = [...config.tokens.values()].filter((token) => token.memberId === id);
  const revocations = ofMember
    .filter((token) => !isTemporary(token) && token.revokedAt === null)
    .map((token): EntityChange => ({
      kind: "token",
      id: token.id,
      value: { ...token, revokedAt: context.now },
    }));
  const temporary = ofMember.filter(isTemporary).map(toDeletion);
  const remaining = listTokensForOthers(config, member, context.now);
  const detail = {
    name: member.name,
    revokedTokens: revocations.map((change) => change.id),
    remainingTokens: remaining.slice(0, MAX_NAMED_TOKENS).map(({ id, label }) => ({ id, label })),
    remainingTokenCount: remaining.length,
  };
  const changes: EntityChange[] = [
    { kind: "member", id, value: null },
    ...revocations,
    ...temporary,
  ];
  return accept(context, config.workspace, toMemberEvent(id, "deleted", detail), changes, {});
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
  verb: string,
  detail: Record<string, unknown>,
): AcceptedDecision<{ member: NamedMember }> {
  const changes: EntityChange[] = [{ kind: "member", id: member.id, value: member }];
  const event = toMemberEvent(member.id, verb, detail);
  return accept(context, config.workspace, event, changes, {
    member: toNamedMember(config, member),
  });
}

/** Whether no owner is left without this member. An invited owner without a user does not replace one with a user. */
function isLastOwner(config: WorkspaceConfig, member: MemberRecord): boolean {
  const replaces = ({ id, role, userId }: MemberRecord) =>
    id !== member.id && role === "owner" && (!member.userId || Boolean(userId));
  return member.role === "owner" && ![...config.members.values()].some(replaces);
}

function canChange(callerRole: Role | undefined, member: MemberRecord): boolean {
  return callerRole === undefined || callerRole === "owner" || member.role !== "owner";
}

function isMember(config: WorkspaceConfig, userId: string): boolean {
  return [...config.members.values()].some((member) => member.userId === userId);
}

function refuseNonOwner() {
  return refuse("forbidden", "Only an owner can create, change or remove an owner: ask one.");
}

function refuseSecondMembership() {
  return refuse("conflict", "This user is already a member of the workspace.");
}

function refuseLastOwner() {
  return refuse(
    "conflict",
    "This is the workspace's last owner: make another member an owner first.",
  );
}

function refuseUnknownMember() {
  return refuse("not_found", "There is no such member in this workspace.");
}

function toMemberEvent(id: string, verb: string, detail: Record<string, unknown>) {
  return { action: `member.${verb}`, object: `member:${id}`, detail };
}
