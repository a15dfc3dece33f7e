import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { toNamedMember } from "../policy/rules.ts";
import { accept, refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";
import {
  isMember,
  newMember,
  refuseSecondMembership,
  refuseUnknownMember,
} from "./member-changes.ts";

/** Adds a member that the company's directory or sign-in names. A user can be only one member of a workspace. */
export function provisionMember(
  config: WorkspaceConfig,
  { member: { name, email, role, userId }, identity }: Command<"member.provision">,
  context: ChangeContext,
): ChangeDecision<"member.provision"> {
  if (userId !== null && isMember(config, userId)) return refuseSecondMembership();
  const member = newMember({ name, email, role }, userId, context);
  const changes: EntityChange[] = [{ kind: "member", id: member.id, value: member }];
  const detail = { name, email, role, userId, ...(identity ? { identity } : {}) };
  const event = { action: "member.provisioned", object: `member:${member.id}`, detail } as const;
  return accept(context, config.workspace, event, changes, {
    member: toNamedMember(config, member),
  });
}

/** Links a user and an identity to a member. A member that has a user keeps it: an identity can only be added to that user. */
export function bindMember(
  config: WorkspaceConfig,
  { id, userId, identity }: Command<"member.bind">,
  context: ChangeContext,
): ChangeDecision<"member.bind"> {
  const before = config.members.get(id);
  if (!before || before.agent) return refuseUnknownMember();
  if (before.userId !== null && before.userId !== userId)
    return refuse("conflict", "Another user already signs in as this member.");
  if (before.userId === null && isMember(config, userId)) return refuseSecondMembership();
  if (before.userId === userId && !identity)
    return { kind: "unchanged", result: { member: toNamedMember(config, before) } };
  const member = { ...before, userId };
  const detail = { name: member.name, userId, ...(identity ? { identity } : {}) };
  const event = { action: "member.bound", object: `member:${id}`, detail } as const;
  return accept(context, config.workspace, event, [{ kind: "member", id, value: member }], {
    member: toNamedMember(config, member),
  });
}
