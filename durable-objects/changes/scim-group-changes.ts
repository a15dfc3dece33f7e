import type { ScimGroupRecord } from "../../workers/contract/records/scim.ts";
import type { TeamRecord } from "../../workers/contract/records/team.ts";
import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import type { ScimGroupInput, ScimOutcome } from "../../workers/contract/rpc/directory-commands.ts";
import { MAX_TEAM_MEMBERS, MAX_TEAMS } from "../../workers/contract/rpc/team-commands.ts";
import { toGroupVersion } from "../../workers/crypto/group-version.ts";
import {
  accept,
  findChangedFields,
  withBefore,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "./change-decision.ts";
import { refuseScim, refuseUnknown, refuseVersion } from "./scim-user-changes.ts";
import { deleteTeam, MAX_NAMED, restrictLeavers } from "./team-changes.ts";

/** A team without rules, as a group begins. */
const NO_RULES = { rules: [], terms: {}, isRestricted: false, rulesVersion: 0 };

/** Makes a group's team. A team that stayed when the directory removed its group is taken again, with its rules. */
export async function createScimGroup(
  config: WorkspaceConfig,
  { group }: Command<"scim-group.create">,
  context: ChangeContext,
): Promise<ChangeDecision<"scim-group.create">> {
  const left = await findLeftTeam(config, group, context);
  if (!left && config.teams.size >= MAX_TEAMS)
    return refuseScim("conflict", `A workspace has at most ${MAX_TEAMS} teams: remove one first.`);
  const own = left ?? { id: context.newId("tem"), ...NO_RULES, createdAt: context.now };
  const refusal =
    refuseTaken(config, group, own.id) ?? (await refuseMembers(config, group, context));
  if (refusal) return refusal;
  const team: TeamRecord = { ...own, ...toFields(group), managedBy: "directory" };
  const record: ScimGroupRecord = {
    teamId: team.id,
    workspaceId: config.workspace.id,
    deletedAt: null,
    version: (left?.version ?? 0) + 1,
    createdAt: context.now,
    updatedAt: context.now,
  };
  const members = team.memberIds.slice(0, MAX_NAMED);
  const detail = { name: team.name, managedBy: team.managedBy, members };
  const event: ChangeEvent = { action: "team.created", object: `team:${team.id}`, detail };
  return save(config, context, event, { team: withoutVersion(team), record, others: [] });
}

/** Changes a group's name, its id in the directory and its members, in one change. */
export async function updateScimGroup(
  config: WorkspaceConfig,
  { id, version, group }: Command<"scim-group.update">,
  context: ChangeContext,
): Promise<ChangeDecision<"scim-group.update">> {
  const stored = await context.scim.findGroup(id);
  const before = config.teams.get(id);
  if (!before || stored?.deletedAt !== null) return refuseUnknown("group");
  if (version !== null && version !== toGroupVersion(stored.version, before))
    return refuseVersion();
  const refusal = refuseTaken(config, group, id) ?? (await refuseMembers(config, group, context));
  if (refusal) return refusal;
  const team: TeamRecord = { ...before, ...toFields(group) };
  const joined = team.memberIds.filter((member) => !before.memberIds.includes(member));
  const left = before.memberIds.filter((member) => !team.memberIds.includes(member));
  const { name, externalId } = team;
  const old = { name: before.name, externalId: before.externalId };
  const changed = findChangedFields(old, { name, externalId });
  if (Object.keys(changed).length + joined.length + left.length === 0)
    return { kind: "unchanged", result: { ok: true, id } };
  const record = { ...stored, version: stored.version + 1, updatedAt: context.now };
  const event: ChangeEvent = {
    action: "scim_group.updated",
    object: `team:${id}`,
    detail: {
      ...withBefore(old, changed),
      name,
      joined: joined.slice(0, MAX_NAMED),
      joinedCount: joined.length,
      left: left.slice(0, MAX_NAMED),
      leftCount: left.length,
    },
  };
  const others = restrictLeavers(config, before, left);
  return save(config, context, event, { team, record, others });
}

/**
 * Removes a group's team. A team with rules stays, without members, and people manage it from then on: its rules are their work, and
 * the group can come back.
 */
export async function deleteScimGroup(
  config: WorkspaceConfig,
  { id, version }: Command<"scim-group.delete">,
  context: ChangeContext,
): Promise<ChangeDecision<"scim-group.delete">> {
  const stored = await context.scim.findGroup(id);
  const before = config.teams.get(id);
  if (!before || stored?.deletedAt !== null) return refuseUnknown("group");
  if (version !== null && version !== toGroupVersion(stored.version, before))
    return refuseVersion();
  if (before.rules.length === 0) {
    const decision = deleteTeam(config, { type: "team.delete", id, by: "directory" }, context);
    if (decision.kind !== "accepted") return refuseUnknown("group");
    return { ...decision, result: { ok: true, id } };
  }
  const team: TeamRecord = { ...before, managedBy: "people", memberIds: [] };
  const record = {
    ...stored,
    deletedAt: context.now,
    version: stored.version + 1,
    updatedAt: context.now,
  };
  const { name } = team;
  const detail = { name, members: before.memberIds.length, rules: team.rules.length };
  const event: ChangeEvent = { action: "scim_group.left", object: `team:${id}`, detail };
  const others = restrictLeavers(config, before, before.memberIds);
  return save(config, context, event, { team, record, others });
}

function save(
  config: WorkspaceConfig,
  context: ChangeContext,
  event: ChangeEvent,
  { team, record, others }: { team: TeamRecord; record: ScimGroupRecord; others: EntityChange[] },
) {
  const changes: EntityChange[] = [{ kind: "team", id: team.id, value: team }, ...others];
  const result: ScimOutcome = { ok: true, id: team.id };
  const decision = accept(context, config.workspace, event, changes, result);
  return { ...decision, scim: { group: record, endsAccessOf: null } };
}

function toFields({ name, externalId, memberIds }: ScimGroupInput) {
  return { name, externalId, memberIds: [...new Set(memberIds)].toSorted() };
}

/** A team of this name that has stayed after its group, and that people have put no one into since. */
async function findLeftTeam(
  { teams }: WorkspaceConfig,
  { name }: ScimGroupInput,
  { scim }: ChangeContext,
): Promise<(TeamRecord & Pick<ScimGroupRecord, "version">) | null> {
  const team = [...teams.values()].find((other) => isSameName(other.name, name));
  if (!team || team.managedBy !== "people" || team.memberIds.length > 0) return null;
  const stored = await scim.findGroup(team.id);
  return stored && stored.deletedAt !== null ? { ...team, version: stored.version } : null;
}

function withoutVersion(team: TeamRecord & Partial<Pick<ScimGroupRecord, "version">>): TeamRecord {
  const { version: _version, ...record } = team;
  return record;
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function refuseTaken({ teams }: WorkspaceConfig, group: ScimGroupInput, ownId: string) {
  for (const { id, name, externalId } of teams.values()) {
    if (id === ownId) continue;
    if (isSameName(name, group.name))
      return refuseScim("uniqueness", "displayName: a team of this workspace has this name.");
    if (externalId !== null && externalId === group.externalId)
      return refuseScim(
        "uniqueness",
        "externalId: another group of this workspace has this value.",
      );
  }
  return null;
}

/** Only people of the directory are members of its groups. Those of the group already need no look. */
async function refuseMembers(
  { members }: WorkspaceConfig,
  { memberIds }: ScimGroupInput,
  { scim }: ChangeContext,
) {
  if (new Set(memberIds).size > MAX_TEAM_MEMBERS)
    return refuseScim("value", `members: a group has at most ${MAX_TEAM_MEMBERS} members.`);
  const known = await scim.listUserIds(memberIds);
  const unknown = memberIds.find((id) => !members.has(id) || !known.has(id));
  if (unknown === undefined) return null;
  return refuseScim("value", `members: there is no user with the id “${unknown.slice(0, 60)}”.`);
}
