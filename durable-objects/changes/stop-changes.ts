import type {
  BlockedClient,
  EntityChange,
  MemberRecord,
  TokenRecord,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { toNamedMember } from "../policy/rules.ts";
import {
  accept,
  refuse,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "./change-decision.ts";
import { canChange, isLastOwner, refuseNonOwner, refuseUnknownMember } from "./member-changes.ts";
import { isTemporary } from "./temporary-token-changes.ts";
import { refuseUnknownToken } from "./token-changes.ts";

/** They are compared with the client of every request. */
const MAX_BLOCKED_CLIENTS = 100;

/** Stops all calls of the workspace, or lifts the stop. A second stop keeps the time and name of the first. */
export function stopWorkspace(
  { workspace: before }: WorkspaceConfig,
  { isStopped, by }: Command<"workspace.stop">,
  context: ChangeContext,
): ChangeDecision<"workspace.stop"> {
  if (isStopped === (before.stopped !== null))
    return { kind: "unchanged", result: { workspace: before } };
  const workspace = { ...before, stopped: isStopped ? { at: context.now, by } : null };
  const event: ChangeEvent = {
    action: isStopped ? "workspace.stopped" : "workspace.stop_lifted",
    object: `workspace:${workspace.slug}`,
    detail: before.stopped ? { stoppedAt: before.stopped.at } : {},
  };
  return accept(context, before, event, [toChange(workspace)], { workspace });
}

/** Refuses a client by its name from now on. */
export function blockClient(
  { workspace: before }: WorkspaceConfig,
  { input, by }: Command<"client.block">,
  context: ChangeContext,
): ChangeDecision<"client.block"> {
  const { name, versionPrefix = null } = input;
  const isSame = (other: BlockedClient) =>
    other.name.toLowerCase() === name.toLowerCase() && other.versionPrefix === versionPrefix;
  if (before.blockedClients.some(isSame))
    return refuse("conflict", "This client is blocked already.");
  if (before.blockedClients.length >= MAX_BLOCKED_CLIENTS) {
    const message = `The workspace blocks ${MAX_BLOCKED_CLIENTS} clients, which is the maximum: unblock one first.`;
    return refuse("conflict", message);
  }
  const id = context.newId("blk");
  const client = { id, name, versionPrefix, blockedAt: context.now, blockedBy: by };
  const workspace = { ...before, blockedClients: [...before.blockedClients, client] };
  const event = toClientEvent(client, "blocked");
  return accept(context, before, event, [toChange(workspace)], { client });
}

/** Lets a blocked client call again. */
export function unblockClient(
  { workspace: before }: WorkspaceConfig,
  { id }: Command<"client.unblock">,
  context: ChangeContext,
): ChangeDecision<"client.unblock"> {
  const client = before.blockedClients.find((blocked) => blocked.id === id);
  if (!client) return refuse("not_found", "There is no such blocked client in this workspace.");
  const blockedClients = before.blockedClients.filter((blocked) => blocked !== client);
  const event = toClientEvent(client, "unblocked");
  return accept(context, before, event, [toChange({ ...before, blockedClients })], {});
}

/** Suspends a member, or lifts that. Its tokens, rules and role stay. The last owner who can sign in stays, too. */
export function suspendMember(
  config: WorkspaceConfig,
  { id, isSuspended, callerRole, callerMemberId }: Command<"member.suspend">,
  context: ChangeContext,
): ChangeDecision<"member.suspend"> {
  const before = config.members.get(id);
  if (!before) return refuseUnknownMember();
  if (!canChange(callerRole, before)) return refuseNonOwner();
  if (isSuspended && id === callerMemberId)
    return refuse("conflict", "You cannot suspend yourself: ask another owner or admin.");
  if (isSuspended && isLastOwner(config, before)) {
    const message = "This is the workspace's last owner: make another member an owner first.";
    return refuse("conflict", message);
  }
  if (isSuspended === (before.suspendedAt !== null))
    return { kind: "unchanged", result: { member: toNamedMember(config, before) } };
  const member: MemberRecord = { ...before, suspendedAt: isSuspended ? context.now : null };
  const event: ChangeEvent = {
    action: isSuspended ? "member.suspended" : "member.suspension_lifted",
    object: `member:${id}`,
    detail: { name: member.name },
  };
  return accept(context, config.workspace, event, [{ kind: "member", id, value: member }], {
    member: toNamedMember(config, member),
  });
}

/** Suspends a token, or lifts that. Unlike a revoked one, it can work again. */
export function suspendToken(
  config: WorkspaceConfig,
  { id, isSuspended }: Command<"token.suspend">,
  context: ChangeContext,
): ChangeDecision<"token.suspend"> {
  const before = config.tokens.get(id);
  if (!before || isTemporary(before) || before.trustRuleId !== null) return refuseUnknownToken();
  if (before.revokedAt !== null)
    return refuse("conflict", "The token is revoked, which cannot be undone.");
  if (isSuspended === (before.suspendedAt !== null)) return { kind: "unchanged", result: {} };
  const record: TokenRecord = { ...before, suspendedAt: isSuspended ? context.now : null };
  const event: ChangeEvent = {
    action: isSuspended ? "token.suspended" : "token.suspension_lifted",
    object: `token:${id}`,
    detail: { label: record.label, memberId: record.memberId },
  };
  return accept(context, config.workspace, event, [{ kind: "token", id, value: record }], {});
}

function toChange(workspace: WorkspaceRecord): EntityChange {
  return { kind: "workspace", id: workspace.id, value: workspace };
}

function toClientEvent(
  { id, name, versionPrefix }: BlockedClient,
  verb: "blocked" | "unblocked",
): ChangeEvent {
  return { action: `client.${verb}`, object: `client:${id}`, detail: { name, versionPrefix } };
}
