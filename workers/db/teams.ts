import { and, asc, eq, getTableColumns, gt, inArray, sql, type SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { NamedTeam, TeamRecord } from "../contract/records/team.ts";
import type { Db } from "./database.ts";
import { readPages } from "./read-pages.ts";
import { selectRules, toRuleRows } from "./stored-rules.ts";
import { teamMembers, teamRules, teams } from "./teams-schema.ts";

/** Fewer in one query: each row includes up to 2,000 rules and thousands of members. */
const PAGE_ROWS = 20;

const { workspaceId: _owner, ...teamColumns } = getTableColumns(teams);
const memberIds = sql`(SELECT json_group_array(member_id) FROM (SELECT member_id FROM team_members
    WHERE team_id = teams.id ORDER BY member_id))`.mapWith(
  // A cast: SQLite made this JSON from an array of texts.
  (json: string) => JSON.parse(json) as string[],
);
const boundRules = selectRules("team_rules", "team_id = teams.id", false);
const namedRules = selectRules("team_rules", "team_id = teams.id", true);

/** Returns a workspace's teams with their rules by server id, oldest first. */
export function listTeamRecords(db: Db, workspaceId: string): Promise<TeamRecord[]> {
  return readTeams(db, workspaceId, boundRules);
}

/** Returns a workspace's teams with their rules by server slug, oldest first. */
export function listTeams(db: Db, workspaceId: string): Promise<NamedTeam[]> {
  return readTeams(db, workspaceId, namedRules);
}

async function readTeams(
  db: Db,
  workspaceId: string,
  rules: typeof boundRules,
): Promise<TeamRecord[]> {
  const rows = await readPages(PAGE_ROWS, "id", (after) =>
    db
      .select({ ...teamColumns, memberIds, stored: rules })
      .from(teams)
      .where(and(eq(teams.workspaceId, workspaceId), gt(teams.id, after)))
      .orderBy(asc(teams.id))
      .limit(PAGE_ROWS),
  );
  return rows
    .map(({ stored, ...team }) => ({ ...team, ...stored }))
    .toSorted((a, b) => a.createdAt - b.createdAt);
}

/** Returns a team of a workspace by id, with its rules by server slug. */
export async function findTeam(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<NamedTeam | undefined> {
  const [found] = await db
    .select({ ...teamColumns, memberIds, stored: namedRules })
    .from(teams)
    .where(and(eq(teams.workspaceId, workspaceId), eq(teams.id, id)));
  if (!found) return undefined;
  const { stored, ...team } = found;
  return { ...team, ...stored };
}

/** Returns the statements that store a team. Members who stay are not written again: a team can have thousands. */
export function toTeamStatements(
  db: Db,
  workspaceId: string | SQL,
  { memberIds: ids, rules, terms, ...team }: TeamRecord,
): BatchItem<"sqlite">[] {
  const json = JSON.stringify(ids);
  return [
    db
      .insert(teams)
      .values({ ...team, workspaceId })
      .onConflictDoUpdate({ target: teams.id, set: team }),
    db
      .delete(teamMembers)
      .where(
        and(
          eq(teamMembers.teamId, team.id),
          sql`${teamMembers.memberId} NOT IN (SELECT value FROM json_each(${json}))`,
        ),
      ),
    db
      .insert(teamMembers)
      // SQLite needs the WHERE before ON CONFLICT.
      .select(sql`SELECT ${team.id}, value FROM json_each(${json}) WHERE true`)
      .onConflictDoNothing(),
    db.delete(teamRules).where(eq(teamRules.teamId, team.id)),
    db.insert(teamRules).select(toRuleRows([{ id: team.id, rules, terms }])),
  ];
}

/** Returns the statement that counts the removal of a server as a change of the rules of the teams that have any of it. */
export function toTeamRulesLoss(db: Db, serverId: string): BatchItem<"sqlite"> {
  const losing = db
    .select({ id: teamRules.teamId })
    .from(teamRules)
    .where(eq(teamRules.serverId, serverId));
  return db
    .update(teams)
    .set({ rulesVersion: sql`${teams.rulesVersion} + 1` })
    .where(inArray(teams.id, losing));
}
