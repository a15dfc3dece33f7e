import type { Context } from "hono";
import type { GroupMapping } from "../contract/records/identity-issuer.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import type { ManagementEnv } from "./authorize.ts";
import { change } from "./responses.ts";

/**
 * Makes the teams of new mappings teams that the directory manages, and gives people those back that no mapping names any more,
 * all in one change. Returns why a team cannot be mapped; null: all can.
 */
export async function handOverTeams(
  c: Context<ManagementEnv>,
  before: GroupMapping[],
  after: GroupMapping[],
): Promise<Refusal | null> {
  const old = listTeamIds(before);
  const wanted = listTeamIds(after);
  const toDirectory = wanted.filter((id) => !old.includes(id));
  const toPeople = old.filter((id) => !wanted.includes(id));
  if (toDirectory.length + toPeople.length === 0) return null;
  const command = { type: "teams.hand-over", toDirectory, toPeople } as const;
  const outcome = await change(c, c.var.workspace.slug, command);
  return outcome.ok ? null : outcome.refusal;
}

/** The teams that mappings name, each once. */
export function listTeamIds(mappings: GroupMapping[]): string[] {
  return [...new Set(mappings.flatMap(({ teamId }) => (teamId === null ? [] : [teamId])))];
}
