import type { TeamRecord } from "../../workers/contract/records/team.ts";
import type {
  ConfigurationDocument,
  DocumentTeam,
} from "../../workers/contract/versions/document.ts";
import { refuse, type RefusedDecision } from "../changes/change-decision.ts";
import { changeTeamMembers, createTeam, deleteTeam } from "../changes/team-changes.ts";
import { applyAccess } from "./apply-rules.ts";
import type { Draft } from "./draft.ts";

/**
 * Applies the teams by name. Those of the directory are neither made nor removed, and get only their rules: the directory says
 * which there are and who is in them.
 */
export function applyTeams(draft: Draft, { teams }: ConfigurationDocument): RefusedDecision | null {
  if (!teams) return null;
  const names = new Set(teams.map(({ name }) => name.toLowerCase()));
  if (names.size < teams.length)
    return refuse("invalid", "teams: names a team more than once; give each its own name.");
  for (const { id, name, managedBy } of draft.config.teams.values()) {
    if (names.has(name.toLowerCase()) || managedBy === "directory") continue;
    const command = { type: "team.delete", id, by: "people" } as const;
    const refusal = draft.take(deleteTeam(draft.config, command, draft.context), name, "teams");
    if (refusal) return refusal;
  }
  for (const [index, entry] of teams.entries()) {
    const refusal = applyTeam(draft, entry, `teams.${index} (${entry.name})`);
    if (refusal) return refusal;
  }
  return null;
}

function applyTeam(draft: Draft, entry: DocumentTeam, place: string): RefusedDecision | null {
  const { name, managedBy = "people", members } = entry;
  if (!findTeam(draft, name)) {
    if (managedBy === "directory") {
      draft.leave(name, "The directory does not have this team now.");
      return null;
    }
    const made = { name, managedBy, externalId: null, memberIds: [] };
    const decision = createTeam(draft.config, { type: "team.create", ...made }, draft.context);
    const refusal = draft.take(decision, name, place);
    if (refusal) return refusal;
  }
  const team = findTeam(draft, name);
  if (!team) return null;
  const refusal = applyMembers(draft, team, members, place);
  const record = findTeam(draft, name) ?? team;
  return refusal ?? applyAccess(draft, { kind: "team", record }, entry, place);
}

/** Members who have left since a version are left out of it. */
function applyMembers(
  draft: Draft,
  { id, name, managedBy, memberIds }: TeamRecord,
  wanted: string[] | undefined,
  place: string,
): RefusedDecision | null {
  if (wanted === undefined || managedBy === "directory") return null;
  const there = draft.command.restored
    ? wanted.filter((memberId) => draft.config.members.has(memberId))
    : wanted;
  if (there.length < wanted.length)
    draft.leave(name, "Members who are not there any more are left out.");
  const remove = memberIds.filter((memberId) => !there.includes(memberId));
  const command = { type: "team.members", id, by: "people", add: there, remove } as const;
  return draft.take(changeTeamMembers(draft.config, command, draft.context), name, place);
}

function findTeam(draft: Draft, name: string): TeamRecord | undefined {
  const lower = name.toLowerCase();
  return [...draft.config.teams.values()].find((team) => team.name.toLowerCase() === lower);
}
