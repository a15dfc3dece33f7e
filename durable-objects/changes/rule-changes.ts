import { MAX_RULES_PER_MEMBER } from "../../workers/contract/limits.ts";
import type {
  EntityChange,
  MemberRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { bindRules, nameRules, serverIdOf, toNamedMember } from "../policy/rules.ts";
import { decideToolAccess } from "../policy/tool-access.ts";
import {
  accept,
  refuse,
  type AcceptedDecision,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "./change-decision.ts";

/**
 * Replaces a member's rules. The member stays restricted without any, so that taking the last rule away allows nothing;
 * only `isRestricted: false` gives the workspace's default access back.
 */
export function setRules(
  config: WorkspaceConfig,
  { id, rules, isRestricted }: Command<"member.rules">,
  context: ChangeContext,
): ChangeDecision<"member.rules"> {
  const before = config.members.get(id);
  if (!before) return refuseUnknownMember();
  const { bound, unknown } = bindRules(config, rules);
  if (unknown !== null) return refuseUnknownServer(unknown);
  if (isRestricted === false && rules.length > 0)
    return refuse("invalid", "isRestricted: a member with rules is restricted to them.");
  return replaceRules(config, before, withRules(before, bound, isRestricted), context);
}

/** Gives a member the rules of another one. */
export function copyRules(
  config: WorkspaceConfig,
  { id, from }: Command<"rules.copy">,
  context: ChangeContext,
): ChangeDecision<"rules.copy"> {
  const before = config.members.get(id);
  const source = config.members.get(from);
  if (!before || !source) return refuseUnknownMember();
  const isRestricted = before.isRestricted || source.isRestricted;
  return replaceRules(config, before, withRules(before, source.rules, isRestricted), context);
}

function replaceRules(
  config: WorkspaceConfig,
  before: MemberRecord,
  member: MemberRecord,
  context: ChangeContext,
): AcceptedDecision<{ member: ReturnType<typeof toNamedMember> }> {
  const added = member.rules.filter((rule) => !before.rules.includes(rule));
  const detail = {
    added: nameRules(config, added),
    removed: nameRules(
      config,
      before.rules.filter((rule) => !member.rules.includes(rule)),
    ),
    ...(member.isRestricted === before.isRestricted ? {} : { isRestricted: member.isRestricted }),
    ...describeBefore(config, before, added),
  };
  const event: ChangeEvent = { action: "member.rules_set", object: `member:${member.id}`, detail };
  return accept(context, config.workspace, event, [toChange(member)], {
    member: toNamedMember(config, member),
  });
}

/** Adds rules to and removes rules from many members, all or nothing. */
export function editRules(
  config: WorkspaceConfig,
  { edit: { memberIds, add, remove } }: Command<"rules.edit">,
  context: ChangeContext,
): ChangeDecision<"rules.edit"> {
  const added = bindRules(config, add);
  if (added.unknown !== null) return refuseUnknownServer(added.unknown);
  const removed = new Set(bindRules(config, remove).bound);
  const members: MemberRecord[] = [];
  for (const id of new Set(memberIds)) {
    const before = config.members.get(id);
    if (!before) return refuseUnknownMember();
    const kept = before.rules.filter((rule) => !removed.has(rule));
    const member = withRules(before, [...kept, ...added.bound]);
    if (member.rules.length > MAX_RULES_PER_MEMBER) {
      const message = `${member.name} would have more than ${MAX_RULES_PER_MEMBER} rules: allow whole servers with server_slug:*.`;
      return refuse("invalid", message);
    }
    members.push(member);
  }
  const event: ChangeEvent = {
    action: "member.rules_edited",
    object: `workspace:${config.workspace.slug}`,
    detail: {
      members: members.map(({ id }) => id),
      added: add,
      removed: remove,
      ...describeBeforeEdit(config, members, added.bound),
    },
  };
  return accept(context, config.workspace, event, members.map(toChange), {
    members: members.map((member) => toNamedMember(config, member)),
  });
}

/** As `describeBefore`, where it is the same for all: the edit of one member. */
function describeBeforeEdit(config: WorkspaceConfig, members: MemberRecord[], added: string[]) {
  const [member, ...others] = members;
  const before = member && others.length === 0 ? config.members.get(member.id) : undefined;
  if (!member || !before) return {};
  const { isRestricted } = member;
  return {
    ...(isRestricted === before.isRestricted ? {} : { isRestricted }),
    ...describeBefore(config, before, added),
  };
}

/** What the sentence of the audit log needs: `alreadyAllowed` are added rules that allow nothing new. */
function describeBefore(config: WorkspaceConfig, before: MemberRecord, added: string[]) {
  const access = decideToolAccess(config.workspace, before);
  const covered = added.filter((rule) => access.mayUseServer(serverIdOf(rule)));
  return {
    allowedBefore: access.fullBy ? "all" : "rules",
    ...(covered.length > 0 ? { alreadyAllowed: nameRules(config, covered) } : {}),
  };
}

/** Rules are sorted and unique, as D1 returns them. A member who had or has any is restricted, unless told otherwise. */
function withRules(
  member: MemberRecord,
  bound: string[],
  isRestricted = member.isRestricted || bound.length > 0,
): MemberRecord {
  return { ...member, rules: [...new Set(bound)].toSorted(), isRestricted };
}

function toChange(member: MemberRecord): EntityChange {
  return { kind: "member", id: member.id, value: member };
}

function refuseUnknownMember() {
  return refuse("not_found", "There is no such member in this workspace.");
}

function refuseUnknownServer(slug: string) {
  return refuse(
    "invalid",
    `rules: there is no server "${slug}" in this workspace; add the server first.`,
  );
}
