import type {
  EntityChange,
  RateLimits,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type {
  Command,
  WorkspaceInput,
  WorkspacePatch,
} from "../../workers/contract/rpc/commands.ts";
import { createWorkspaceKey } from "../credentials/encryption.ts";
import {
  applied,
  changedFields,
  refused,
  type ChangeContext,
  type ChangeDecision,
  type IdPrefix,
} from "./change-decision.ts";
import { decideInstanceChange } from "./instance-changes.ts";
import {
  createMember,
  deleteMember,
  joinMember,
  newMember,
  updateMember,
} from "./member-changes.ts";
import { editRules, setRules } from "./rule-changes.ts";
import { createServer, deleteServer, reorderServers, updateServer } from "./server-changes.ts";
import { createToken, revokeToken, rotateToken } from "./token-changes.ts";

const DEFAULT_LIMITS: RateLimits = { perAddressPerMinute: 200, perTokenPerMinute: null };
const DEFAULT_RETENTION_DAYS = 90;
const ID_BYTES = 12;

/** A new id of its kind, not to be guessed: `srv_…`. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${crypto.getRandomValues(new Uint8Array(ID_BYTES)).toHex()}`;
}

/** What a command comes to, given the workspace as it is; null: there is none. Stores nothing. */
export async function decideChange(
  config: WorkspaceConfig | null,
  command: Command,
  context: ChangeContext,
): Promise<ChangeDecision> {
  if (command.type === "workspace.create") {
    if (config)
      return refused(
        "conflict",
        `There is already a workspace "${command.input.slug}": choose another slug.`,
      );
    return createWorkspace(command.input, command.owner ?? null, context);
  }
  if (!config) return refused("not_found", "There is no such workspace.");
  switch (command.type) {
    case "workspace.update":
      return updateWorkspace(config, command.patch, context);
    case "workspace.delete":
      return applied(
        context,
        config.workspace,
        workspaceEvent(config.workspace, "deleted", {}),
        [],
        {},
      );
    case "server.create":
      return createServer(config, command.input, context);
    case "server.update":
      return updateServer(config, command.slug, command.patch, context);
    case "server.delete":
      return deleteServer(config, command.slug, context);
    case "server.reorder":
      return reorderServers(config, command.order, context);
    case "member.create":
      return createMember(config, command, context);
    case "member.update":
      return updateMember(config, command, context);
    case "member.delete":
      return deleteMember(config, command, context);
    case "member.join":
      return joinMember(config, command, context);
    case "member.rules":
      return setRules(config, command.id, command.rules, context);
    case "rules.edit":
      return editRules(config, command.edit, context);
    case "token.create":
      return createToken(config, command.input, context);
    case "token.rotate":
      return rotateToken(config, command, context);
    case "token.revoke":
      return revokeToken(config, command, context);
    default:
      return decideInstanceChange(config, command, context);
  }
}

async function createWorkspace(
  input: WorkspaceInput,
  owner: { userId: string; name: string } | null,
  context: ChangeContext,
): Promise<ChangeDecision> {
  const workspace = patched(
    {
      id: context.newId("ws"),
      slug: input.slug,
      name: input.name,
      enforcement: true,
      defaultAccess: "open",
      limits: DEFAULT_LIMITS,
      retentionDays: DEFAULT_RETENTION_DAYS,
      wrappedKey: await createWorkspaceKey(context.ring),
      createdAt: context.now,
    },
    input,
  );
  const { name, enforcement, defaultAccess, limits, retentionDays } = workspace;
  const first = owner && newMember({ name: owner.name, role: "owner" }, owner.userId, context);
  const event = workspaceEvent(workspace, "created", {
    name,
    enforcement,
    defaultAccess,
    limits,
    retentionDays,
    ...(first ? { owner: first.id } : {}),
  });
  const changes: EntityChange[] = [{ kind: "workspace", id: workspace.id, value: workspace }];
  if (first) changes.push({ kind: "member", id: first.id, value: first });
  return applied(context, workspace, event, changes, { workspace });
}

function updateWorkspace(
  config: WorkspaceConfig,
  patch: WorkspacePatch,
  context: ChangeContext,
): ChangeDecision {
  const workspace = patched(config.workspace, patch);
  const event = workspaceEvent(workspace, "updated", changedFields(config.workspace, workspace));
  return applied(
    context,
    workspace,
    event,
    [{ kind: "workspace", id: workspace.id, value: workspace }],
    { workspace },
  );
}

function patched(workspace: WorkspaceRecord, patch: WorkspacePatch): WorkspaceRecord {
  const { perAddressPerMinute, perTokenPerMinute } = patch.limits ?? {};
  return {
    ...workspace,
    name: patch.name ?? workspace.name,
    enforcement: patch.enforcement ?? workspace.enforcement,
    defaultAccess: patch.defaultAccess ?? workspace.defaultAccess,
    retentionDays: patch.retentionDays ?? workspace.retentionDays,
    limits: {
      perAddressPerMinute: perAddressPerMinute ?? workspace.limits.perAddressPerMinute,
      perTokenPerMinute:
        perTokenPerMinute === undefined ? workspace.limits.perTokenPerMinute : perTokenPerMinute,
    },
  };
}

function workspaceEvent(workspace: WorkspaceRecord, what: string, detail: Record<string, unknown>) {
  return { action: `workspace.${what}`, object: `workspace:${workspace.slug}`, detail };
}
