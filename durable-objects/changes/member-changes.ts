import type {
  EntityChange,
  MemberRecord,
  Role,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command, MemberInput } from "../../workers/contract/rpc/commands.ts";
import {
  applied,
  changedFields,
  refused,
  type ChangeContext,
  type ChangeDecision,
} from "./change-decision.ts";

/** A member as it begins, with no rules. */
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
    createdAt: context.now,
  };
}

export function createMember(
  config: WorkspaceConfig,
  { input, userId, by }: Extract<Command, { type: "member.create" }>,
  context: ChangeContext,
): ChangeDecision {
  const member = newMember(input, userId ?? null, context);
  if (!mayChange(by, member)) return ownersOnly();
  if (userId !== undefined && isMember(config, userId)) return alreadyMember();
  const { name, email, role } = member;
  const detail = { name, email, role, ...(userId === undefined ? {} : { userId }) };
  return saved(config, context, member, "created", detail);
}

export function updateMember(
  config: WorkspaceConfig,
  { id, patch, by }: Extract<Command, { type: "member.update" }>,
  context: ChangeContext,
): ChangeDecision {
  const member = config.members.get(id);
  if (!member) return unknownMember();
  const changed: MemberRecord = {
    ...member,
    name: patch.name ?? member.name,
    email: patch.email === undefined ? member.email : patch.email,
    role: patch.role ?? member.role,
  };
  if (changed.role !== member.role && !(mayChange(by, member) && mayChange(by, changed)))
    return ownersOnly();
  if (changed.role !== "owner" && isLastOwner(config, member)) return lastOwner();
  return saved(config, context, changed, "updated", changedFields(member, changed));
}

/** A member becomes somebody who signs in. Once only: an invitation that is used twice finds the place taken. */
export function joinMember(
  config: WorkspaceConfig,
  { id, userId, role }: Extract<Command, { type: "member.join" }>,
  context: ChangeContext,
): ChangeDecision {
  const member = config.members.get(id);
  if (!member) return unknownMember();
  if (member.role !== role)
    return refused("conflict", "The member's role is another one since: ask for a new link.");
  if (member.userId) return refused("conflict", "Somebody signs in as this member already.");
  if (isMember(config, userId)) return alreadyMember();
  return saved(config, context, { ...member, userId }, "joined", { userId });
}

/** A removed member's tokens are revoked and stay on record, so that past calls can still be told apart. */
export function deleteMember(
  config: WorkspaceConfig,
  { id, by }: Extract<Command, { type: "member.delete" }>,
  context: ChangeContext,
): ChangeDecision {
  const member = config.members.get(id);
  if (!member) return unknownMember();
  if (!mayChange(by, member)) return ownersOnly();
  if (isLastOwner(config, member)) return lastOwner();
  const revoked = [...config.tokens.values()]
    .filter((token) => token.memberId === id && token.revokedAt === null)
    .map((token): EntityChange => ({
      kind: "token",
      id: token.id,
      value: { ...token, revokedAt: context.now },
    }));
  const detail = { name: member.name, revokedTokens: revoked.map((change) => change.id) };
  return applied(
    context,
    config.workspace,
    memberEvent(id, "deleted", detail),
    [{ kind: "member", id, value: null }, ...revoked],
    {},
  );
}

function saved(
  config: WorkspaceConfig,
  context: ChangeContext,
  member: MemberRecord,
  what: string,
  detail: Record<string, unknown>,
): ChangeDecision {
  const changes: EntityChange[] = [{ kind: "member", id: member.id, value: member }];
  return applied(context, config.workspace, memberEvent(member.id, what, detail), changes, {
    member,
  });
}

/** Where owners sign in, one of those must stay: an owner whom nobody is yet cannot take their place. */
function isLastOwner(config: WorkspaceConfig, member: MemberRecord): boolean {
  const replaces = ({ id, role, userId }: MemberRecord) =>
    id !== member.id && role === "owner" && (!member.userId || Boolean(userId));
  return member.role === "owner" && ![...config.members.values()].some(replaces);
}

function mayChange(by: Role | undefined, member: MemberRecord): boolean {
  return by === undefined || by === "owner" || member.role !== "owner";
}

function isMember(config: WorkspaceConfig, userId: string): boolean {
  return [...config.members.values()].some((member) => member.userId === userId);
}

function ownersOnly(): ChangeDecision {
  return refused("forbidden", "Only an owner may make, change or remove owners: ask one.");
}

function alreadyMember(): ChangeDecision {
  return refused("conflict", "This person is a member of the workspace already.");
}

function lastOwner(): ChangeDecision {
  return refused(
    "conflict",
    "This is the workspace's last owner: make another member an owner first.",
  );
}

function unknownMember(): ChangeDecision {
  return refused("not_found", "There is no such member in this workspace.");
}

function memberEvent(id: string, what: string, detail: Record<string, unknown>) {
  return { action: `member.${what}`, object: `member:${id}`, detail };
}
