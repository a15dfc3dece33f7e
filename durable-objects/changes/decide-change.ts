import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command, CommandType } from "../../workers/contract/rpc/commands.ts";
import { applyConfiguration } from "../versions/apply-configuration.ts";
import {
  approveAccessRequest,
  declineAccessRequest,
  withdrawAccessRequest,
} from "./access-request-changes.ts";
import {
  createAgent,
  createTrustRule,
  createWorkloadToken,
  deleteAgent,
  deleteTrustRule,
  updateAgent,
  updateTrustRule,
} from "./agent-changes.ts";
import { assertGrant, forgetGrants } from "./asserted-grant-changes.ts";
import { refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";
import { connectServer, disconnectServer, enterKey } from "./connection-changes.ts";
import {
  approveChanges,
  approveFirstLook,
  importContracts,
  refuseChanges,
  setChangePolicy,
} from "./contract-changes.ts";
import { createGrant, dropAccessToken, endGrant, refreshGrant } from "./grant-changes.ts";
import { bindMember, provisionMember } from "./identity-changes.ts";
import { createInstance, deleteInstance, restartInstance } from "./instance-changes.ts";
import {
  observeInstance,
  placeInstance,
  putBackInstance,
  switchInstance,
} from "./instance-states.ts";
import { createMember, deleteMember, joinMember } from "./member-changes.ts";
import { copyRules, editRules, setRules, setTeamRules } from "./rule-changes.ts";
import { createScimGroup, deleteScimGroup, updateScimGroup } from "./scim-group-changes.ts";
import {
  handOverUnmanagedTeams,
  suspendManagedMember,
  updateManagedMember,
  updateManagedTeam,
} from "./scim-guards.ts";
import { createScimUser, deleteScimUser, updateScimUser } from "./scim-user-changes.ts";
import { createServer, deleteServer, reorderServers, updateServer } from "./server-changes.ts";
import { blockClient, stopWorkspace, suspendToken, unblockClient } from "./stop-changes.ts";
import { changeTeamMembers, createTeam, deleteTeam, setMemberTeams } from "./team-changes.ts";
import { createTemporaryToken, deleteTemporaryToken } from "./temporary-token-changes.ts";
import { createToken, revokeToken, rotateToken, updateToken } from "./token-changes.ts";
import {
  createWorkspace,
  deleteWorkspace,
  refuseSecondWorkspace,
  updateWorkspace,
} from "./workspace-changes.ts";

/** Decides commands for a workspace that exists. */
const DECIDERS: {
  [T in CommandType]: (
    config: WorkspaceConfig,
    command: Command<T>,
    context: ChangeContext,
  ) => ChangeDecision<T> | Promise<ChangeDecision<T>>;
} = {
  "workspace.create": refuseSecondWorkspace,
  "workspace.update": updateWorkspace,
  "workspace.delete": deleteWorkspace,
  "workspace.stop": stopWorkspace,
  "client.block": blockClient,
  "client.unblock": unblockClient,
  "server.create": createServer,
  "server.update": updateServer,
  "server.delete": deleteServer,
  "server.reorder": reorderServers,
  "server.connect": connectServer,
  "server.disconnect": disconnectServer,
  "server.enter-key": enterKey,
  "contract.approve": approveChanges,
  "contract.refuse": refuseChanges,
  "contract.policy": setChangePolicy,
  "contract.import": importContracts,
  "contract.first-look": approveFirstLook,
  "member.create": createMember,
  "member.update": updateManagedMember,
  "member.delete": deleteMember,
  "member.suspend": suspendManagedMember,
  "member.join": joinMember,
  "member.provision": provisionMember,
  "member.bind": bindMember,
  "scim-user.create": createScimUser,
  "scim-user.update": updateScimUser,
  "scim-user.delete": deleteScimUser,
  "scim-group.create": createScimGroup,
  "scim-group.update": updateScimGroup,
  "scim-group.delete": deleteScimGroup,
  "member.rules": setRules,
  "member.teams": setMemberTeams,
  "team.create": createTeam,
  "team.update": updateManagedTeam,
  "team.delete": deleteTeam,
  "team.members": changeTeamMembers,
  "team.rules": setTeamRules,
  "teams.hand-over": handOverUnmanagedTeams,
  "rules.copy": copyRules,
  "rules.edit": editRules,
  "access-request.approve": approveAccessRequest,
  "access-request.decline": declineAccessRequest,
  "access-request.withdraw": withdrawAccessRequest,
  "agent.create": createAgent,
  "agent.update": updateAgent,
  "agent.delete": deleteAgent,
  "trust-rule.create": createTrustRule,
  "trust-rule.update": updateTrustRule,
  "trust-rule.delete": deleteTrustRule,
  "workload-token.create": createWorkloadToken,
  "token.create": createToken,
  "token.update": updateToken,
  "token.rotate": rotateToken,
  "token.revoke": revokeToken,
  "grant.create": createGrant,
  "grant.refresh": refreshGrant,
  "grant.end": endGrant,
  "grant.assert": assertGrant,
  "grant.forget": forgetGrants,
  "grant.drop": dropAccessToken,
  "temporary-token.create": createTemporaryToken,
  "temporary-token.delete": deleteTemporaryToken,
  "token.suspend": suspendToken,
  "instance.create": createInstance,
  "instance.restart": restartInstance,
  "instance.place": placeInstance,
  "instance.observe": observeInstance,
  "instance.switch": switchInstance,
  "instance.put-back": putBackInstance,
  "instance.delete": deleteInstance,
  "configuration.apply": applyConfiguration,
};

/** Decides commands for a slug that has no workspace; all others are refused. */
const DECIDERS_WITHOUT_WORKSPACE: {
  [T in CommandType]?: (command: Command<T>, context: ChangeContext) => Promise<ChangeDecision<T>>;
} = { "workspace.create": createWorkspace };

/**
 * Pure: validates a command against the configuration (null: the workspace does not exist) and returns the changes to
 * store, or a refusal.
 */
export async function decideChange<T extends CommandType>(
  config: WorkspaceConfig | null,
  command: Command<T>,
  context: ChangeContext,
): Promise<ChangeDecision<T>> {
  if (config) return DECIDERS[command.type](config, command, context);
  const decide = DECIDERS_WITHOUT_WORKSPACE[command.type];
  return decide ? decide(command, context) : refuse("not_found", "There is no such workspace.");
}
