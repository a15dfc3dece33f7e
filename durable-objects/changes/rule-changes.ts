import { MAX_RULES_PER_MEMBER } from "../../workers/contract/limits.ts";
import type { NamedTeam } from "../../workers/contract/records/team.ts";
import type {
  MemberRecord,
  NamedMember,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { AccessPolicy } from "../policy/access-policy.ts";
import { bindRules, isAllowing, nameRules, serverIdOf } from "../policy/rules.ts";
import {
  accept,
  refuse,
  refusePast,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
  type RefusedDecision,
} from "./change-decision.ts";
import { refuseUnknownMember } from "./member-changes.ts";
import {
  describeEnds,
  findConflict,
  findHolder,
  toChange,
  toNamed,
  withRules,
  type Holder,
  type WantedRules,
} from "./rule-holders.ts";

/**
 * Replaces a member's rules. The member stays restricted without any, so that taking the last rule away allows nothing;
 * only `isRestricted: false` gives the workspace's default access back.
 */
export function setRules(
  config: WorkspaceConfig,
  command: Command<"member.rules">,
  context: ChangeContext,
): ChangeDecision<"member.rules"> {
  const before = findHolder(config, "member", command.id);
  if (!before) return refuseUnknownMember();
  return setRulesOf<NamedMember, "member">(config, before, command, context, "member");
}

/** As `setRules`, of a team. */
export function setTeamRules(
  config: WorkspaceConfig,
  command: Command<"team.rules">,
  context: ChangeContext,
): ChangeDecision<"team.rules"> {
  const before = findHolder(config, "team", command.id);
  if (!before) return refuseUnknownTeam();
  return setRulesOf<NamedTeam, "team">(config, before, command, context, "team");
}

/** `N`: how the API names what has the rules, in the result as the member `K`. */
function setRulesOf<N extends NamedMember | NamedTeam, K extends "member" | "team">(
  config: WorkspaceConfig,
  before: Holder,
  {
    rules,
    ends: given = {},
    isRestricted,
    rulesVersion,
  }: Pick<Command<"member.rules">, "rules" | "ends" | "isRestricted" | "rulesVersion">,
  context: ChangeContext,
  as: K,
) {
  const { bound, unknown } = bindRules(config, rules);
  if (unknown !== null) return refuseUnknownServer(unknown);
  if (isRestricted === false && rules.some(isAllowing)) return refuseUnrestricted();
  const ends: WantedRules["ends"] = {};
  for (const [rule, endsAt] of Object.entries(given)) {
    const [id] = bindRules(config, [rule]).bound;
    if (id === undefined || !bound.includes(id))
      return refuse("invalid", `ends: ${rule} is not among the rules; leave it out.`);
    const isNew = before.record.terms[id]?.endsAt !== endsAt;
    const past = isNew ? refusePast(`ends.${rule}`, endsAt, context.now) : null;
    if (past) return past;
    ends[id] = endsAt;
  }
  const conflict = findConflict(config, before, rulesVersion);
  if (conflict) return conflict;
  const after = withRules(before, { bound, isRestricted, ends }, context);
  const { decision, named } = replaceRules(config, before, after, context);
  // A cast: the holder is of the kind that `as` names.
  const result = { [as]: named } as Record<K, N>;
  return decision === null
    ? ({ kind: "unchanged", result } as const)
    : accept(context, config.workspace, decision, [toChange(after)], result);
}

/** Gives a member or team the rules of another one, with their ends. */
export function copyRules(
  config: WorkspaceConfig,
  { id, from, rulesVersion, fromRulesVersion }: Command<"rules.copy">,
  context: ChangeContext,
): ChangeDecision<"rules.copy"> {
  const before = findHolder(config, "member", id) ?? findHolder(config, "team", id);
  const source = findHolder(config, "member", from) ?? findHolder(config, "team", from);
  if (!before || !source) return refuseUnknownMember();
  const conflict =
    findConflict(config, before, rulesVersion) ?? findConflict(config, source, fromRulesVersion);
  if (conflict) return conflict;
  const { rules, terms } = source.record;
  const ends = Object.fromEntries(rules.map((rule) => [rule, terms[rule]?.endsAt ?? null]));
  const isRestricted = before.record.isRestricted || source.record.isRestricted;
  const after = withRules(before, { bound: rules, isRestricted, ends }, context);
  const { decision, named } = replaceRules(config, before, after, context);
  const result = { holder: named };
  return decision === null
    ? { kind: "unchanged", result }
    : accept(context, config.workspace, decision, [toChange(after)], result);
}

/** The event of other rules; null: they are the same. */
function replaceRules(
  config: WorkspaceConfig,
  before: Holder,
  after: Holder,
  { now }: ChangeContext,
): { decision: ChangeEvent | null; named: NamedMember | NamedTeam } {
  const named = toNamed(config, after);
  if (after === before) return { decision: null, named };
  const [old, present] = [before.record, after.record];
  const added = present.rules.filter((rule) => !old.rules.includes(rule));
  const removed = old.rules.filter((rule) => !present.rules.includes(rule));
  const { isRestricted } = present;
  const detail = {
    added: nameRules(config, added),
    removed: nameRules(config, removed),
    ...(isRestricted === old.isRestricted ? {} : { isRestricted }),
    ...describeEnds(config, before, after),
    ...(before.kind === "member"
      ? describeBefore(config, before.record, added, now)
      : { name: old.name }),
  };
  const action = before.kind === "member" ? "member.rules_set" : "team.rules_set";
  return { decision: { action, object: `${before.kind}:${old.id}`, detail }, named };
}

/** Adds rules to and removes rules from many members and teams, all or nothing. The event names those that it changes. */
export function editRules(
  config: WorkspaceConfig,
  { edit }: Command<"rules.edit">,
  context: ChangeContext,
): ChangeDecision<"rules.edit"> {
  const { memberIds, teamIds, add, remove, isRestricted } = edit;
  const past = refusePast("endsAt", edit.endsAt ?? null, context.now);
  if (past) return past;
  const added = bindRules(config, add);
  if (added.unknown !== null) return refuseUnknownServer(added.unknown);
  const removed = new Set(bindRules(config, remove).bound);
  const edited: { before: Holder; after: Holder }[] = [];
  const named = [
    ...[...new Set(memberIds)].map((id) => ["member", id] as const),
    ...[...new Set(teamIds)].map((id) => ["team", id] as const),
  ];
  for (const [kind, id] of named) {
    const before = findHolder(config, kind, id);
    if (!before) return kind === "member" ? refuseUnknownMember() : refuseUnknownTeam();
    const conflict = findConflict(config, before, edit.rulesVersions?.[id]);
    if (conflict) return conflict;
    const kept = before.record.rules.filter((rule) => !removed.has(rule));
    const bound = [...kept, ...added.bound];
    const ends = toEnds(before, added.bound, edit.endsAt, context.now);
    const after = withRules(before, { bound, isRestricted, ends }, context);
    const { name, rules } = after.record;
    if (isRestricted === false && rules.some(isAllowing)) return refuseUnrestricted();
    if (rules.length > MAX_RULES_PER_MEMBER) {
      const message = `${name} would have more than ${MAX_RULES_PER_MEMBER} rules: allow whole servers with server_slug:*.`;
      return refuse("invalid", message);
    }
    edited.push({ before, after });
  }
  const result = toEdited(config, edited);
  const changed = edited.filter(({ before, after }) => after !== before);
  if (changed.length === 0) return { kind: "unchanged", result };
  const event: ChangeEvent = {
    action: "member.rules_edited",
    object: `workspace:${config.workspace.slug}`,
    detail: {
      members: changed.flatMap(({ before }) => (before.kind === "member" ? before.record.id : [])),
      ...describeTeams(changed),
      added: add,
      removed: remove,
      ...(edit.endsAt === undefined ? {} : { endsAt: edit.endsAt }),
      ...(isRestricted === undefined ? {} : { isRestricted }),
      ...describeBeforeEdit(config, changed, added.bound, context.now),
    },
  };
  const changes = changed.map(({ after }) => toChange(after));
  return accept(context, config.workspace, event, changes, result);
}

/** The ends of added rules. Without a new end, one that is in force keeps its end, and one that has ended begins anew. */
function toEnds(
  { record }: Holder,
  added: string[],
  endsAt: number | null | undefined,
  now: number,
): WantedRules["ends"] {
  const toEnd = (rule: string): number | null => {
    const known = record.terms[rule]?.endsAt ?? null;
    return known !== null && known > now ? known : null;
  };
  return Object.fromEntries(
    added.map((rule) => [rule, endsAt === undefined ? toEnd(rule) : endsAt]),
  );
}

function toEdited(config: WorkspaceConfig, edited: { after: Holder }[]) {
  const members: NamedMember[] = [];
  const teams: NamedTeam[] = [];
  for (const { after } of edited) {
    const named = toNamed(config, after);
    if ("memberIds" in named) teams.push(named);
    else members.push(named);
  }
  return { members, teams };
}

function describeTeams(changed: { before: Holder }[]): { teams?: string[] } {
  const teams = changed.flatMap(({ before }) => (before.kind === "team" ? before.record.name : []));
  return teams.length > 0 ? { teams } : {};
}

/** As `describeBefore`, where it is the same for all: the edit of one member. */
function describeBeforeEdit(
  config: WorkspaceConfig,
  changed: { before: Holder; after: Holder }[],
  added: string[],
  now: number,
) {
  const [only, ...others] = changed;
  if (!only || others.length > 0 || only.before.kind !== "member") return {};
  const { isRestricted } = only.after.record;
  return {
    ...(isRestricted === only.before.record.isRestricted ? {} : { isRestricted }),
    ...describeBefore(config, only.before.record, added, now),
  };
}

/** What the sentence of the audit log needs: `alreadyAllowed` are added rules that allow nothing new. */
function describeBefore(
  config: WorkspaceConfig,
  before: MemberRecord,
  added: string[],
  now: number,
) {
  const access = new AccessPolicy(config).accessOf(before, now);
  const covered = added.filter(
    (rule) => !rule.startsWith("!") && access.mayUseServer(serverIdOf(rule)),
  );
  return {
    allowedBefore: access.fullBy ? "all" : "rules",
    ...(covered.length > 0 ? { alreadyAllowed: nameRules(config, covered) } : {}),
  };
}

function refuseUnrestricted() {
  return refuse("invalid", "isRestricted: who has rules that allow is restricted to them.");
}

/** Refuses a change of a team that the workspace does not have. */
export function refuseUnknownTeam(): RefusedDecision {
  return refuse("not_found", "There is no such team in this workspace.");
}

function refuseUnknownServer(slug: string) {
  return refuse(
    "invalid",
    `rules: there is no server "${slug}" in this workspace; add the server first.`,
  );
}
