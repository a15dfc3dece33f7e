import type { Context } from "hono";
import type { GroupMapping, IssuerSettings } from "../contract/records/identity-issuer.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import type { Db } from "../db/database.ts";
import { listTeamRecords } from "../db/teams.ts";
import type { ManagementEnv } from "./authorize.ts";
import { change } from "./responses.ts";

/**
 * Makes the teams of new mappings teams that the directory manages, and gives people those back that no mapping names any more.
 * Returns why a team cannot be mapped; null: all can.
 */
export async function handOverTeams(
  c: Context<ManagementEnv>,
  before: IssuerSettings | null,
  after: IssuerSettings,
): Promise<Refusal | null> {
  const old = listTeamIds(before?.mappings ?? []);
  const wanted = listTeamIds(after.mappings);
  for (const id of wanted.filter((one) => !old.includes(one))) {
    const command = { type: "team.update", id, managedBy: "directory" } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return outcome.refusal;
  }
  for (const id of old.filter((one) => !wanted.includes(one))) {
    // A team that was removed meanwhile needs nothing.
    await change(c, c.var.workspace.slug, { type: "team.update", id, managedBy: "people" });
  }
  return null;
}

/**
 * The directory's teams of a member after a sign-in: those of its groups, and those that no mapping names, which SCIM keeps.
 * A mapped team that was removed meanwhile gives nothing.
 */
export async function listTeamsAfterSignIn(
  db: Db,
  workspaceId: string,
  memberId: string,
  granted: string[],
  mappings: GroupMapping[],
): Promise<string[]> {
  const mapped = listTeamIds(mappings);
  const teams = (await listTeamRecords(db, workspaceId)).filter(
    ({ managedBy }) => managedBy === "directory",
  );
  return teams
    .filter(({ id, memberIds }) =>
      mapped.includes(id) ? granted.includes(id) : memberIds.includes(memberId),
    )
    .map(({ id }) => id);
}

function listTeamIds(mappings: GroupMapping[]): string[] {
  return [...new Set(mappings.flatMap(({ teamId }) => (teamId === null ? [] : [teamId])))];
}
