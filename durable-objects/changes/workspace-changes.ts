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
import type { Command, WorkspacePatch } from "../../workers/contract/rpc/commands.ts";
import { createWorkspaceKey } from "../../workers/crypto/workspace-key.ts";
import {
  accept,
  findChangedFields,
  refuse,
  withBefore,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "./change-decision.ts";
import { newMember } from "./member-changes.ts";

/** An address may have several clients: a token that uses up its own limit leaves room for the others. */
const DEFAULT_LIMITS: RateLimits = { perAddressPerMinute: 1_000, perTokenPerMinute: 200 };
/** Also the longest retention that a workspace can choose. */
const DEFAULT_RETENTION_DAYS = 90;

/** Refuses a second workspace of a slug. */
export function refuseSecondWorkspace(
  _config: WorkspaceConfig,
  { input }: Command<"workspace.create">,
): ChangeDecision<"workspace.create"> {
  const message = `There is already a workspace "${input.slug}": choose another slug.`;
  return refuse("conflict", message);
}

/** Makes a workspace with its first owner. */
export async function createWorkspace(
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

/** Changes the settings of a workspace. */
export function updateWorkspace(
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

/** Deletes a workspace with all that it has. */
export function deleteWorkspace(
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
