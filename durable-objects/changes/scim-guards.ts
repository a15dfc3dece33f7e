import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";
import { updateMember } from "./member-changes.ts";
import { suspendMember } from "./stop-changes.ts";
import { handOverTeams, updateTeam } from "./team-changes.ts";

/** As `updateMember`. The name and address of a person that the directory manages are changed there only. */
export async function updateManagedMember(
  config: WorkspaceConfig,
  command: Command<"member.update">,
  context: ChangeContext,
): Promise<ChangeDecision<"member.update">> {
  const { id, patch } = command;
  const before = config.members.get(id);
  const isRenamed =
    before &&
    ((patch.name !== undefined && patch.name !== before.name) ||
      (patch.email !== undefined && patch.email !== before.email));
  if (isRenamed && (await context.scim.findUser(id)))
    return refuse(
      "conflict",
      "The company's directory says the name and the e-mail address of this member: change them there.",
    );
  return updateMember(config, command, context);
}

/** As `suspendMember`. A person that the directory has deactivated comes back only by it. */
export async function suspendManagedMember(
  config: WorkspaceConfig,
  command: Command<"member.suspend">,
  context: ChangeContext,
): Promise<ChangeDecision<"member.suspend">> {
  const stored = command.isSuspended ? undefined : await context.scim.findUser(command.id);
  if (stored?.active === false)
    return refuse(
      "conflict",
      "The company's directory has deactivated this person: activate the account there.",
    );
  return suspendMember(config, command, context);
}

/** As `updateTeam`. The name of a group of the directory is changed there only. */
export async function updateManagedTeam(
  config: WorkspaceConfig,
  command: Command<"team.update">,
  context: ChangeContext,
): Promise<ChangeDecision<"team.update">> {
  const isGroup = (await context.scim.findGroup(command.id))?.deletedAt === null;
  if (isGroup)
    return refuse("conflict", "This team is a group of the company's directory: rename it there.");
  return updateTeam(config, command, context);
}

/** As `handOverTeams`. A group that SCIM provisions has its members from there, not from sign-ins. */
export async function handOverUnmanagedTeams(
  config: WorkspaceConfig,
  command: Command<"teams.hand-over">,
  context: ChangeContext,
): Promise<ChangeDecision<"teams.hand-over">> {
  for (const id of command.toDirectory) {
    if ((await context.scim.findGroup(id))?.deletedAt === null)
      return refuse(
        "conflict",
        "The directory provisions one of these teams by SCIM: leave it out of the groups of the sign-in.",
      );
  }
  return handOverTeams(config, command, context);
}
