import { z } from "zod";
import { DisplayName } from "../records/display-name.ts";
import type { NamedTeam, TeamManager } from "../records/team.ts";
import type { NamedMember } from "../records/workspace.ts";
import type { RulesCopy, RulesEdit, RulesInput } from "./rule-inputs.ts";

/** Most teams of a workspace. */
export const MAX_TEAMS = 500;
/** Most members of a team. */
export const MAX_TEAM_MEMBERS = 5_000;

const MemberIds = z.array(z.string().max(100)).max(MAX_TEAM_MEMBERS);

/** A new team. */
export const TeamInput = z.strictObject({ name: DisplayName, memberIds: MemberIds.default([]) });

/** Changed fields of a team. */
export const TeamPatch = z.strictObject({ name: DisplayName.optional() });

/** Puts members into a team, and takes others out of it. */
export const TeamMembersInput = z.strictObject({
  add: MemberIds.default([]),
  remove: MemberIds.default([]),
});
export type TeamMembersInput = z.infer<typeof TeamMembersInput>;

/**
 * The arguments of the commands about teams and rules. `by`: who changes a team. Only the directory puts members into the teams
 * that it manages, and removes these teams.
 */
export interface TeamArguments {
  "member.rules": { id: string } & RulesInput;
  /** Gives a member or team the rules of the member or team `from`. */
  "rules.copy": { id: string } & RulesCopy;
  "rules.edit": { edit: RulesEdit };
  "team.create": {
    name: string;
    managedBy: TeamManager;
    externalId: string | null;
    memberIds: string[];
  };
  "team.update": {
    id: string;
    name?: string | undefined;
    managedBy?: TeamManager;
    externalId?: string | null;
  };
  "team.delete": { id: string; by: TeamManager };
  "team.members": { id: string; by: TeamManager } & TeamMembersInput;
  "team.rules": { id: string } & RulesInput;
  /** The directory decides from now on who is in the teams `toDirectory`, and people who is in the teams `toPeople`. */
  "teams.hand-over": { toDirectory: string[]; toPeople: string[] };
  /** Of the teams `mapped`, which the directory manages, a member is in `granted` and in no others. Its other teams stay. */
  "member.teams": { id: string; mapped: string[]; granted: string[] };
}

/** Their results. */
export interface TeamResults {
  "member.rules": { member: NamedMember };
  "rules.copy": { holder: NamedMember | NamedTeam };
  "rules.edit": { members: NamedMember[]; teams: NamedTeam[] };
  "team.create": { team: NamedTeam };
  "team.update": { team: NamedTeam };
  "team.delete": Record<string, never>;
  "team.members": { team: NamedTeam };
  "team.rules": { team: NamedTeam };
  "teams.hand-over": Record<string, never>;
  "member.teams": { member: NamedMember };
}
