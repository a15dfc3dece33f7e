import type { TeamRecord } from "../../workers/contract/records/team.ts";
import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { MAX_TEAM_MEMBERS, MAX_TEAMS } from "../../workers/contract/rpc/team-commands.ts";
import { toNamedMember, toNamedTeam } from "../policy/rules.ts";
import {
  accept,
  findChangedFields,
  refuse,
  withBefore,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
  type RefusedDecision,
} from "./change-decision.ts";
import { refuseUnknownMember } from "./member-changes.ts";
import { refuseUnknownTeam } from "./rule-changes.ts";

/** Most members that an event names: an event has a limited size. */
export const MAX_NAMED = 200;

/** Makes a team without rules. */
export function createTeam(
  config: WorkspaceConfig,
  { name, managedBy, externalId, memberIds }: Command<"team.create">,
  context: ChangeContext,
): ChangeDecision<"team.create"> {
  if (config.teams.size >= MAX_TEAMS)
    return refuse("conflict", `A workspace has at most ${MAX_TEAMS} teams: remove one first.`);
  const refusal = refuseName(config, name, null) ?? refuseUnknown(config, memberIds);
  if (refusal) return refusal;
  const team: TeamRecord = {
    id: context.newId("tem"),
    name,
    managedBy,
    externalId,
    memberIds: [...new Set(memberIds)].toSorted(),
    rules: [],
    terms: {},
    isRestricted: false,
    rulesVersion: 0,
    createdAt: context.now,
  };
  const detail = { name, managedBy, members: team.memberIds.slice(0, MAX_NAMED) };
  return acceptTeam(config, context, team, "created", detail);
}

/** Changes a team's name, or what the directory knows of it. */
export function updateTeam(
  config: WorkspaceConfig,
  { id, name, managedBy, externalId }: Command<"team.update">,
  context: ChangeContext,
): ChangeDecision<"team.update"> {
  const before = config.teams.get(id);
  if (!before) return refuseUnknownTeam();
  const team: TeamRecord = {
    ...before,
    name: name ?? before.name,
    managedBy: managedBy ?? before.managedBy,
    externalId: externalId === undefined ? before.externalId : externalId,
  };
  const refusal = refuseName(config, team.name, id);
  if (refusal) return refusal;
  const changed = findChangedFields(before, team);
  if (Object.keys(changed).length === 0)
    return { kind: "unchanged", result: { team: toNamedTeam(config, before) } };
  return acceptTeam(config, context, team, "updated", withBefore(before, changed));
}

/** Removes a team. Its members keep their own rules. */
export function deleteTeam(
  config: WorkspaceConfig,
  { id, by }: Command<"team.delete">,
  context: ChangeContext,
): ChangeDecision<"team.delete"> {
  const team = config.teams.get(id);
  if (!team) return refuseUnknownTeam();
  if (by === "people" && team.managedBy === "directory") return refuseDirectory(team);
  const changes: EntityChange[] = [
    { kind: "team", id, value: null },
    ...restrictLeavers(config, team, team.memberIds),
  ];
  const detail = { name: team.name, members: team.memberIds.length, rules: team.rules.length };
  return accept(context, config.workspace, toTeamEvent(id, "deleted", detail), changes, {});
}

/** Puts members into a team, and takes others out of it. */
export function changeTeamMembers(
  config: WorkspaceConfig,
  { id, add, remove, by }: Command<"team.members">,
  context: ChangeContext,
): ChangeDecision<"team.members"> {
  const before = config.teams.get(id);
  if (!before) return refuseUnknownTeam();
  // People can take out members: the directory does not know those that were in the team before it got it.
  if (by === "people" && before.managedBy === "directory" && add.length > 0)
    return refuseDirectory(before);
  const refusal = refuseUnknown(config, add);
  if (refusal) return refusal;
  const leaving = new Set(remove);
  const kept = before.memberIds.filter((memberId) => !leaving.has(memberId));
  const memberIds = [...new Set([...kept, ...add])].toSorted();
  if (memberIds.length > MAX_TEAM_MEMBERS)
    return refuse("invalid", `add: a team has at most ${MAX_TEAM_MEMBERS} members.`);
  const team = { ...before, memberIds };
  const joined = memberIds.filter((memberId) => !before.memberIds.includes(memberId));
  const left = before.memberIds.filter((memberId) => !memberIds.includes(memberId));
  if (joined.length + left.length === 0)
    return { kind: "unchanged", result: { team: toNamedTeam(config, before) } };
  const detail = {
    name: team.name,
    joined: joined.slice(0, MAX_NAMED),
    joinedCount: joined.length,
    left: left.slice(0, MAX_NAMED),
    leftCount: left.length,
  };
  const others = restrictLeavers(config, before, left);
  return acceptTeam(config, context, team, "members_changed", detail, others);
}

/**
 * Hands teams over to the directory, and gives others back to people, in one change. Their members stay. A team to give back that
 * was removed meanwhile needs nothing.
 */
export function handOverTeams(
  config: WorkspaceConfig,
  { toDirectory, toPeople }: Command<"teams.hand-over">,
  context: ChangeContext,
): ChangeDecision<"teams.hand-over"> {
  if (toDirectory.some((id) => !config.teams.has(id))) return refuseUnknownTeam();
  const find = (ids: string[], managedBy: TeamRecord["managedBy"]) =>
    [...new Set(ids)].flatMap((id) => {
      const team = config.teams.get(id);
      return team && team.managedBy !== managedBy ? [{ ...team, managedBy }] : [];
    });
  const handed = find(toDirectory, "directory");
  const returned = find(toPeople, "people");
  if (handed.length + returned.length === 0) return { kind: "unchanged", result: {} };
  const toNames = (teams: TeamRecord[]) => teams.slice(0, MAX_NAMED).map(({ name }) => name);
  const event: ChangeEvent = {
    action: "teams.handed_over",
    object: `workspace:${config.workspace.slug}`,
    detail: { directory: toNames(handed), people: toNames(returned) },
  };
  const changes = [...handed, ...returned].map((value): EntityChange => {
    return { kind: "team", id: value.id, value };
  });
  return accept(context, config.workspace, event, changes, {});
}

/**
 * Sets which of the mapped teams a member is in. The others stay, also those that changed since the caller read them. A mapped
 * team that was removed meanwhile, or that people manage again, gives and takes nothing.
 */
export function setMemberTeams(
  config: WorkspaceConfig,
  { id, mapped, granted }: Command<"member.teams">,
  context: ChangeContext,
): ChangeDecision<"member.teams"> {
  const member = config.members.get(id);
  if (!member) return refuseUnknownMember();
  const wanted = new Set(granted);
  const managed = [...new Set(mapped)].flatMap((teamId) => {
    const team = config.teams.get(teamId);
    return team?.managedBy === "directory" ? [team] : [];
  });
  const isIn = (team: TeamRecord) => team.memberIds.includes(id);
  const joined = managed.filter((team) => wanted.has(team.id) && !isIn(team));
  const left = managed.filter((team) => !wanted.has(team.id) && isIn(team));
  const result = { member: toNamedMember(config, member) };
  if (joined.length + left.length === 0) return { kind: "unchanged", result };
  const store = (team: TeamRecord, memberIds: string[]): EntityChange => ({
    kind: "team",
    id: team.id,
    value: { ...team, memberIds },
  });
  const changes = [
    ...joined.map((team) => store(team, [...team.memberIds, id].toSorted())),
    ...left.map((team) =>
      store(
        team,
        team.memberIds.filter((memberId) => memberId !== id),
      ),
    ),
    // The member becomes restricted at most once.
    ...left.flatMap((team) => restrictLeavers(config, team, [id])).slice(0, 1),
  ];
  const event: ChangeEvent = {
    action: "member.teams_set",
    object: `member:${id}`,
    detail: { joined: joined.map(({ name }) => name), left: left.map(({ name }) => name) },
  };
  return accept(context, config.workspace, event, changes, result);
}

/**
 * The changes of members who leave a team. If it has or had rules, they stay restricted: without it, the workspace's default
 * access would allow them more than before.
 */
export function restrictLeavers(
  { members }: WorkspaceConfig,
  team: TeamRecord,
  ids: readonly string[],
): EntityChange[] {
  if (!team.isRestricted) return [];
  return ids.flatMap((id): EntityChange[] => {
    const member = members.get(id);
    if (!member || member.isRestricted) return [];
    const value = { ...member, isRestricted: true, rulesVersion: member.rulesVersion + 1 };
    return [{ kind: "member", id, value }];
  });
}

function acceptTeam(
  config: WorkspaceConfig,
  context: ChangeContext,
  team: TeamRecord,
  verb: Parameters<typeof toTeamEvent>[1],
  detail: Record<string, unknown>,
  others: EntityChange[] = [],
) {
  const changes: EntityChange[] = [{ kind: "team", id: team.id, value: team }, ...others];
  const result = { team: toNamedTeam(config, team) };
  return accept(context, config.workspace, toTeamEvent(team.id, verb, detail), changes, result);
}

function toTeamEvent(
  id: string,
  verb: "created" | "updated" | "deleted" | "members_changed",
  detail: Record<string, unknown>,
): ChangeEvent {
  return { action: `team.${verb}`, object: `team:${id}`, detail };
}

function refuseName(
  { teams }: WorkspaceConfig,
  name: string,
  ownId: string | null,
): RefusedDecision | null {
  const lower = name.toLowerCase();
  const isTaken = [...teams.values()].some(
    (team) => team.id !== ownId && team.name.toLowerCase() === lower,
  );
  return isTaken ? refuse("conflict", `name: there is a team “${name}” already.`) : null;
}

function refuseUnknown({ members }: WorkspaceConfig, ids: string[]): RefusedDecision | null {
  const unknown = ids.find((id) => !members.has(id));
  if (unknown === undefined) return null;
  return refuse("invalid", `There is no member "${unknown}" in this workspace.`);
}

function refuseDirectory({ name }: TeamRecord): RefusedDecision {
  return refuse(
    "conflict",
    `The company's directory decides who is in the team “${name}”: change the group there. Here, people can be taken out only.`,
  );
}
