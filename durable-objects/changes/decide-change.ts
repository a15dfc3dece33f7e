import {
  DEFAULT_OAUTH_SETTINGS,
  type OauthSettings,
} from "../../workers/contract/records/oauth.ts";
import type {
  EntityChange,
  RateLimits,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type { Command, CommandType, WorkspacePatch } from "../../workers/contract/rpc/commands.ts";
import { createWorkspaceKey } from "../../workers/crypto/workspace-key.ts";
import {
  createAgent,
  createTrustRule,
  createWorkloadToken,
  deleteAgent,
  deleteTrustRule,
  updateAgent,
  updateTrustRule,
} from "./agent-changes.ts";
import {
  accept,
  findChangedFields,
  refuse,
  withBefore,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "./change-decision.ts";
import { connectServer, disconnectServer, enterKey } from "./connection-changes.ts";
import {
  approveChanges,
  approveFirstLook,
  importContracts,
  refuseChanges,
  setChangePolicy,
} from "./contract-changes.ts";
import { createGrant, dropAccessToken, endGrant, refreshGrant } from "./grant-changes.ts";
import {
  createInstance,
  deleteInstance,
  observeInstance,
  placeInstance,
  restartInstance,
} from "./instance-changes.ts";
import {
  createMember,
  deleteMember,
  joinMember,
  newMember,
  updateMember,
} from "./member-changes.ts";
import { copyRules, editRules, setRules } from "./rule-changes.ts";
import { createServer, deleteServer, reorderServers, updateServer } from "./server-changes.ts";
import {
  blockClient,
  stopWorkspace,
  suspendMember,
  suspendToken,
  unblockClient,
} from "./stop-changes.ts";
import { createTemporaryToken, deleteTemporaryToken } from "./temporary-token-changes.ts";
import { createToken, revokeToken, rotateToken, updateToken } from "./token-changes.ts";

/** An address may have several clients: a token that uses up its own limit leaves room for the others. */
const DEFAULT_LIMITS: RateLimits = { perAddressPerMinute: 1_000, perTokenPerMinute: 200 };
/** Also the longest retention that a workspace can choose. */
const DEFAULT_RETENTION_DAYS = 90;

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
  "member.update": updateMember,
  "member.delete": deleteMember,
  "member.suspend": suspendMember,
  "member.join": joinMember,
  "member.rules": setRules,
  "rules.copy": copyRules,
  "rules.edit": editRules,
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
  "grant.drop": dropAccessToken,
  "temporary-token.create": createTemporaryToken,
  "temporary-token.delete": deleteTemporaryToken,
  "token.suspend": suspendToken,
  "instance.create": createInstance,
  "instance.restart": restartInstance,
  "instance.place": placeInstance,
  "instance.observe": observeInstance,
  "instance.delete": deleteInstance,
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

function refuseSecondWorkspace(
  _config: WorkspaceConfig,
  { input }: Command<"workspace.create">,
): ChangeDecision<"workspace.create"> {
  const message = `There is already a workspace "${input.slug}": choose another slug.`;
  return refuse("conflict", message);
}

async function createWorkspace(
  { input, owner }: Command<"workspace.create">,
  context: ChangeContext,
): Promise<ChangeDecision<"workspace.create">> {
  const workspace = applyPatch(
    {
      id: context.newId("ws"),
      slug: input.slug,
      name: input.name,
      enforcement: true,
      defaultAccess: "closed",
      limits: DEFAULT_LIMITS,
      retentionDays: DEFAULT_RETENTION_DAYS,
      publicRegistry: false,
      stopped: null,
      blockedClients: [],
      oauth: DEFAULT_OAUTH_SETTINGS,
      wrappedKey: await createWorkspaceKey(context.ring),
      createdAt: context.now,
    },
    input,
  );
  const { name, enforcement, defaultAccess, limits, retentionDays, publicRegistry } = workspace;
  const first = owner && newMember({ name: owner.name, role: "owner" }, owner.userId, context);
  const event = toWorkspaceEvent(workspace, "created", {
    name,
    enforcement,
    defaultAccess,
    limits,
    retentionDays,
    ...(publicRegistry ? { publicRegistry } : {}),
    ...(first ? { owner: first.id } : {}),
  });
  const changes: EntityChange[] = [{ kind: "workspace", id: workspace.id, value: workspace }];
  if (first) changes.push({ kind: "member", id: first.id, value: first });
  return accept(context, workspace, event, changes, { workspace });
}

function updateWorkspace(
  { workspace: before }: WorkspaceConfig,
  { patch }: Command<"workspace.update">,
  context: ChangeContext,
): ChangeDecision<"workspace.update"> {
  const workspace = applyPatch(before, patch);
  const detail = withBefore(before, findChangedFields(before, workspace));
  const event = toWorkspaceEvent(workspace, "updated", detail);
  const change: EntityChange = { kind: "workspace", id: workspace.id, value: workspace };
  return accept(context, workspace, event, [change], { workspace });
}

function deleteWorkspace(
  { workspace }: WorkspaceConfig,
  _command: Command<"workspace.delete">,
  context: ChangeContext,
): ChangeDecision<"workspace.delete"> {
  return accept(context, workspace, toWorkspaceEvent(workspace, "deleted", {}), [], {});
}

function applyPatch(workspace: WorkspaceRecord, patch: WorkspacePatch): WorkspaceRecord {
  const { perAddressPerMinute, perTokenPerMinute } = patch.limits ?? {};
  return {
    ...workspace,
    name: patch.name ?? workspace.name,
    enforcement: patch.enforcement ?? workspace.enforcement,
    defaultAccess: patch.defaultAccess ?? workspace.defaultAccess,
    retentionDays: patch.retentionDays ?? workspace.retentionDays,
    publicRegistry: patch.publicRegistry ?? workspace.publicRegistry,
    oauth: applyOauthPatch(workspace.oauth, patch.oauth ?? {}),
    limits: {
      perAddressPerMinute: perAddressPerMinute ?? workspace.limits.perAddressPerMinute,
      perTokenPerMinute:
        perTokenPerMinute === undefined ? workspace.limits.perTokenPerMinute : perTokenPerMinute,
    },
  };
}

function applyOauthPatch(
  oauth: OauthSettings,
  patch: NonNullable<WorkspacePatch["oauth"]>,
): OauthSettings {
  return {
    enabled: patch.enabled ?? oauth.enabled,
    clients: patch.clients ?? oauth.clients,
    hosts: patch.hosts ?? oauth.hosts,
    accessHours: patch.accessHours ?? oauth.accessHours,
    idleDays: patch.idleDays ?? oauth.idleDays,
  };
}

function toWorkspaceEvent(
  workspace: WorkspaceRecord,
  verb: "created" | "updated" | "deleted",
  detail: Record<string, unknown>,
): ChangeEvent {
  return { action: `workspace.${verb}`, object: `workspace:${workspace.slug}`, detail };
}
