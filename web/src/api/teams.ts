import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { Team } from "../../../workers/contract/api/teams.ts";
import { request } from "./request.ts";
import { workspaceKey, type WorkspaceMember } from "./workspace.ts";

const Teams = z.object({ items: z.array(Team) });

/** Query: a workspace's teams with their rules. */
export const teamsQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "teams"),
    queryFn: async () => (await request(Teams, "GET", `/workspaces/${slug}/teams`)).items,
  });

/** A team as the pages about rules show it: like a member that is no person. */
export function toRuleHolder(team: Team): WorkspaceMember {
  const { id, name, rules, terms, isRestricted, rulesVersion, createdAt } = team;
  return {
    id,
    name,
    rules,
    terms,
    isRestricted,
    rulesVersion,
    createdAt,
    isTeam: true,
    email: null,
    role: "member",
    userId: null,
    suspendedAt: null,
    agent: null,
    lastSeenAt: null,
    lastCallAt: null,
    tokens: 0,
  };
}

/** Members with what the rules of their teams give them. */
export function withTeamRules(
  members: WorkspaceMember[],
  teams: Team[],
  listInForce: (team: Team) => string[],
): WorkspaceMember[] {
  if (teams.length === 0) return members;
  const rulesOf = new Map<string, { rules: string[]; isRestricted: boolean }>();
  for (const team of teams) {
    const rules = listInForce(team);
    for (const id of team.memberIds) {
      const known = rulesOf.get(id);
      rulesOf.set(id, {
        rules: [...(known?.rules ?? []), ...rules],
        isRestricted: team.isRestricted || known?.isRestricted === true,
      });
    }
  }
  return members.map((member) => {
    const found = rulesOf.get(member.id);
    return found
      ? { ...member, teamRules: found.rules, isTeamRestricted: found.isRestricted }
      : member;
  });
}
