import type { MemberInput, MemberPatch } from "../workers/contract/commands.ts";
import type { EntityChange, MemberRecord, WorkspaceConfig } from "../workers/contract/workspace.ts";
import { applied, changedFields, refused, type ChangeContext, type Decision } from "./decision.ts";

export function createMember(
  config: WorkspaceConfig,
  input: MemberInput,
  context: ChangeContext,
): Decision {
  const member: MemberRecord = {
    id: context.newId("mem"),
    name: input.name,
    email: input.email ?? null,
    role: input.role ?? "member",
    rules: [],
    createdAt: context.now,
  };
  const { name, email, role } = member;
  return saved(config, context, member, "created", { name, email, role });
}

export function updateMember(
  config: WorkspaceConfig,
  id: string,
  patch: MemberPatch,
  context: ChangeContext,
): Decision {
  const member = config.members.get(id);
  if (!member) return unknownMember();
  const changed: MemberRecord = {
    ...member,
    name: patch.name ?? member.name,
    email: patch.email === undefined ? member.email : patch.email,
    role: patch.role ?? member.role,
  };
  if (changed.role !== "owner" && isLastOwner(config, member)) return lastOwner();
  return saved(config, context, changed, "updated", changedFields(member, changed));
}

/** A removed member's tokens are revoked and stay on record, so that past calls can still be told apart. */
export function deleteMember(
  config: WorkspaceConfig,
  id: string,
  context: ChangeContext,
): Decision {
  const member = config.members.get(id);
  if (!member) return unknownMember();
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

/** Replaces a member's rules. A rule may name a server that is not there (yet): it allows nothing then. */
export function setRules(
  config: WorkspaceConfig,
  id: string,
  rules: string[],
  context: ChangeContext,
): Decision {
  const member = config.members.get(id);
  if (!member) return unknownMember();
  // Sorted and without repetitions, as they come back from the record.
  const changed = { ...member, rules: [...new Set(rules)].toSorted() };
  const detail = {
    added: changed.rules.filter((rule) => !member.rules.includes(rule)),
    removed: member.rules.filter((rule) => !changed.rules.includes(rule)),
  };
  return saved(config, context, changed, "rules_set", detail);
}

function saved(
  config: WorkspaceConfig,
  context: ChangeContext,
  member: MemberRecord,
  what: string,
  detail: Record<string, unknown>,
): Decision {
  const changes: EntityChange[] = [{ kind: "member", id: member.id, value: member }];
  return applied(context, config.workspace, memberEvent(member.id, what, detail), changes, {
    member,
  });
}

function isLastOwner(config: WorkspaceConfig, member: MemberRecord): boolean {
  return (
    member.role === "owner" &&
    [...config.members.values()].every(({ id, role }) => id === member.id || role !== "owner")
  );
}

function lastOwner(): Decision {
  return refused(
    "conflict",
    "This is the workspace's last owner: make another member an owner first.",
  );
}

function unknownMember(): Decision {
  return refused("not_found", "There is no such member in this workspace.");
}

function memberEvent(id: string, what: string, detail: Record<string, unknown>) {
  return { action: `member.${what}`, object: `member:${id}`, detail };
}
