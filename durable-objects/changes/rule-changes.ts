import { MAX_RULES_PER_MEMBER } from "../../workers/contract/limits.ts";
import type {
  EntityChange,
  MemberRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { escapeLine } from "../../workers/contract/text/hidden-characters.ts";
import { bindRules, nameRules, serverIdOf, toNamedMember } from "../policy/rules.ts";
import { decideToolAccess } from "../policy/tool-access.ts";
import {
  accept,
  refuse,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
  type RefusedDecision,
} from "./change-decision.ts";
import { refuseUnknownMember } from "./member-changes.ts";

/** Most rules that a refusal names. */
const MAX_NAMED_RULES = 20;

/**
 * Replaces a member's rules. The member stays restricted without any, so that taking the last rule away allows nothing;
 * only `isRestricted: false` gives the workspace's default access back.
 */
export function setRules(
  config: WorkspaceConfig,
  { id, rules, isRestricted, rulesVersion }: Command<"member.rules">,
  context: ChangeContext,
): ChangeDecision<"member.rules"> {
  const before = config.members.get(id);
  if (!before) return refuseUnknownMember();
  const { bound, unknown } = bindRules(config, rules);
  if (unknown !== null) return refuseUnknownServer(unknown);
  if (isRestricted === false && rules.length > 0) return refuseUnrestricted();
  const conflict = findConflict(config, before, rulesVersion);
  return conflict ?? replaceRules(config, before, withRules(before, bound, isRestricted), context);
}

/** Gives a member the rules of another one. */
export function copyRules(
  config: WorkspaceConfig,
  { id, from, rulesVersion, fromRulesVersion }: Command<"rules.copy">,
  context: ChangeContext,
): ChangeDecision<"rules.copy"> {
  const before = config.members.get(id);
  const source = config.members.get(from);
  if (!before || !source) return refuseUnknownMember();
  const conflict =
    findConflict(config, before, rulesVersion) ?? findConflict(config, source, fromRulesVersion);
  const isRestricted = before.isRestricted || source.isRestricted;
  return (
    conflict ?? replaceRules(config, before, withRules(before, source.rules, isRestricted), context)
  );
}

function replaceRules(
  config: WorkspaceConfig,
  before: MemberRecord,
  member: MemberRecord,
  context: ChangeContext,
): ChangeDecision<"member.rules"> {
  const result = { member: toNamedMember(config, member) };
  if (member === before) return { kind: "unchanged", result };
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
  return accept(context, config.workspace, event, [toChange(member)], result);
}

/** Adds rules to and removes rules from many members, all or nothing. The event names the members whose rules it changes. */
export function editRules(
  config: WorkspaceConfig,
  { edit }: Command<"rules.edit">,
  context: ChangeContext,
): ChangeDecision<"rules.edit"> {
  const { memberIds, add, remove, isRestricted, rulesVersions = {} } = edit;
  const added = bindRules(config, add);
  if (added.unknown !== null) return refuseUnknownServer(added.unknown);
  const removed = new Set(bindRules(config, remove).bound);
  const members: MemberRecord[] = [];
  const changed: MemberRecord[] = [];
  for (const id of new Set(memberIds)) {
    const before = config.members.get(id);
    if (!before) return refuseUnknownMember();
    const conflict = findConflict(config, before, rulesVersions[id]);
    if (conflict) return conflict;
    const kept = before.rules.filter((rule) => !removed.has(rule));
    const member = withRules(before, [...kept, ...added.bound], isRestricted);
    if (isRestricted === false && member.rules.length > 0) return refuseUnrestricted();
    if (member.rules.length > MAX_RULES_PER_MEMBER) {
      const message = `${member.name} would have more than ${MAX_RULES_PER_MEMBER} rules: allow whole servers with server_slug:*.`;
      return refuse("invalid", message);
    }
    members.push(member);
    if (member.rulesVersion !== before.rulesVersion) changed.push(member);
  }
  const result = { members: members.map((member) => toNamedMember(config, member)) };
  if (changed.length === 0) return { kind: "unchanged", result };
  const event: ChangeEvent = {
    action: "member.rules_edited",
    object: `workspace:${config.workspace.slug}`,
    detail: {
      members: changed.map(({ id }) => id),
      added: add,
      removed: remove,
      ...(isRestricted === undefined ? {} : { isRestricted }),
      ...describeBeforeEdit(config, changed, added.bound),
    },
  };
  return accept(context, config.workspace, event, changed.map(toChange), result);
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

/**
 * Rules are sorted and unique, as D1 returns them. A member who had or has any is restricted, unless told otherwise. What
 * changes nothing keeps the version.
 */
function withRules(
  member: MemberRecord,
  bound: string[],
  isRestricted = member.isRestricted || bound.length > 0,
): MemberRecord {
  const rules = [...new Set(bound)].toSorted();
  const isSame =
    isRestricted === member.isRestricted && rules.join("\n") === member.rules.join("\n");
  return isSame
    ? member
    : { ...member, rules, isRestricted, rulesVersion: member.rulesVersion + 1 };
}

/**
 * Refuses a change that was made against another version of a member's rules: it could give back a right that was taken away
 * since. Any change since counts, also one of other rules, because together they can mean something that no person chose.
 */
function findConflict(
  config: WorkspaceConfig,
  member: MemberRecord,
  version: number | undefined,
): RefusedDecision | undefined {
  if (version === undefined || version === member.rulesVersion) return undefined;
  const rules = nameRules(config, member.rules).map(escapeLine);
  const more = rules.length - MAX_NAMED_RULES;
  const named = [...rules.slice(0, MAX_NAMED_RULES), ...(more > 0 ? [`${more} more`] : [])].join(
    ", ",
  );
  const present =
    rules.length > 0 ? named : member.isRestricted ? "none" : "none, with the default access";
  return refuse(
    "conflict",
    `The rules of ${member.name} have changed since version ${version}. Version ${member.rulesVersion} has: ${present}. Nothing was changed; read the rules and send the change with the version that you have read.`,
  );
}

function toChange(member: MemberRecord): EntityChange {
  return { kind: "member", id: member.id, value: member };
}

function refuseUnrestricted() {
  return refuse("invalid", "isRestricted: a member with rules is restricted to them.");
}

function refuseUnknownServer(slug: string) {
  return refuse(
    "invalid",
    `rules: there is no server "${slug}" in this workspace; add the server first.`,
  );
}
