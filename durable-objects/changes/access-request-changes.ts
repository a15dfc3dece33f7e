import { MAX_RULES_PER_MEMBER } from "../../workers/contract/limits.ts";
import { splitRule } from "../../workers/contract/records/rule.ts";
import type {
  MemberRecord,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { ClosedAccessRequest } from "../../workers/contract/rpc/access-request-commands.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import type { AccessRequestRow } from "../../workers/db/access-requests.ts";
import { AccessPolicy } from "../policy/access-policy.ts";
import { listRules, type BoundRule } from "../policy/explain-access.ts";
import { bindRules, serverIdOf } from "../policy/rules.ts";
import {
  accept,
  refuse,
  refusePast,
  type ChangeContext,
  type ChangeDecision,
  type RefusedDecision,
} from "./change-decision.ts";
import { findHolder, toChange, withRules, type Holder } from "./rule-holders.ts";

/** What an approval is about. `bound`: the approved rule, with the server by id; `rule`: with its slug. */
interface Approval {
  member: MemberRecord;
  server: ServerRecord;
  rule: string;
  bound: string;
  holder: Holder;
  endsAt: number | null;
}

/**
 * Gives a member what it asked for, or what an admin chose instead: the rule and the end of the request are stored together. Two
 * admins cannot both decide, because the object executes one command after the other.
 */
export async function approveAccessRequest(
  config: WorkspaceConfig,
  command: Command<"access-request.approve">,
  context: ChangeContext,
): Promise<ChangeDecision<"access-request.approve">> {
  const request = await findOpen(config, command.id, context);
  if ("refusal" in request) return request;
  const approval = readApproval(config, command, request, context.now);
  if ("refusal" in approval) return approval;
  const { member, rule, holder, endsAt } = approval;
  const denials = findDenials(config, approval, context);
  const lifted = command.liftsDenials
    ? denials.filter(({ shown }) => shown.holder.kind === "member")
    : [];
  const left = denials.find((denial) => !lifted.includes(denial));
  if (left) return refuseDenied(left, member);
  const added = decideRule(config, approval, lifted.length > 0, context);
  if (typeof added !== "string" && added !== null) return added;
  const after = applyApproval(approval, added, new Set(lifted.map(({ bound }) => bound)), context);
  const full = after.find(({ record }) => record.rules.length > MAX_RULES_PER_MEMBER);
  if (full)
    return refuse(
      "invalid",
      `${full.record.name} would have more than ${MAX_RULES_PER_MEMBER} rules: remove some first.`,
    );
  const granted = {
    rule: added === null ? null : rule,
    holder: { kind: holder.kind, id: holder.record.id, name: holder.record.name },
    endsAt,
  };
  const detail = {
    asked: request.rule,
    rule: granted.rule,
    ...(holder.kind === "team" ? { team: holder.record.name } : {}),
    endsAt,
    ...(lifted.length > 0 ? { lifted: lifted.map(({ shown }) => shown.rule) } : {}),
  };
  const closing = { status: "approved", answer: command.answer ?? null, granted } as const;
  return close(config, context, request, closing, detail, after);
}

/** Declines a request, with words for its member. */
export async function declineAccessRequest(
  config: WorkspaceConfig,
  { id, answer }: Command<"access-request.decline">,
  context: ChangeContext,
): Promise<ChangeDecision<"access-request.decline">> {
  const request = await findOpen(config, id, context);
  if ("refusal" in request) return request;
  const closing = { status: "declined", answer, granted: null } as const;
  return close(config, context, request, closing, { rule: request.rule }, []);
}

/** Takes a request back, for its member or the person who asked for an agent. */
export async function withdrawAccessRequest(
  config: WorkspaceConfig,
  { id, askedBy }: Command<"access-request.withdraw">,
  context: ChangeContext,
): Promise<ChangeDecision<"access-request.withdraw">> {
  const request = await context.findAccessRequest(id);
  if (!request || (request.askedBy !== askedBy && request.memberId !== askedBy))
    return refuseUnknownRequest();
  if (request.status !== "open") return refuse("conflict", "The request is closed already.");
  const closing = { status: "withdrawn", answer: null, granted: null } as const;
  return close(config, context, request, closing, { rule: request.rule }, []);
}

async function findOpen(
  { members }: WorkspaceConfig,
  id: string,
  context: ChangeContext,
): Promise<AccessRequestRow | RefusedDecision> {
  const request = await context.findAccessRequest(id);
  if (!request) return refuseUnknownRequest();
  if (request.status === "open") return request;
  const closer = [...members.values()].find(({ userId }) => userId === request.closedBy)?.name;
  const by = closer === undefined ? "" : ` by ${closer}`;
  return refuse("conflict", `This request is ${request.status} already${by}. Nothing was changed.`);
}

/** What is approved, or why it cannot be. */
function readApproval(
  config: WorkspaceConfig,
  command: Command<"access-request.approve">,
  request: AccessRequestRow,
  now: number,
): Approval | RefusedDecision {
  const { rule = request.rule, endsAt, holder: to } = command;
  const past = refusePast("endsAt", endsAt, now);
  if (past) return past;
  const member = config.members.get(request.memberId);
  if (!member) return refuseUnknownRequest();
  const [bound] = bindRules(config, [rule]).bound;
  const server = request.serverId === null ? undefined : config.servers.get(request.serverId);
  if (!server)
    return refuse(
      "conflict",
      `The server "${splitRule(request.rule).server}" that was asked for is not in this workspace. Add it, and let the member ask again.`,
    );
  if (bound === undefined || serverIdOf(bound) !== server.id)
    return refuse("invalid", `rule: the request is for the server "${server.slug}".`);
  if (member.role === "auditor")
    return refuse("conflict", `${member.name} is an auditor, who calls no tool.`);
  const holder = findHolder(config, to?.kind ?? "member", to?.id ?? member.id);
  const isOwn = holder?.kind === "team" && holder.record.memberIds.includes(member.id);
  if (!holder || (holder.record.id !== member.id && !isOwn))
    return refuse("invalid", `holder: give ${member.name}, or a team that ${member.name} is in.`);
  return { member, server, rule, bound, holder, endsAt };
}

/** The denials in force that would refuse all that is approved. Those of single tools stay within a whole server. */
function findDenials(
  config: WorkspaceConfig,
  { member, server, bound }: Approval,
  { now, classOf }: ChangeContext,
): BoundRule[] {
  const policy = new AccessPolicy(config, classOf);
  const { pattern } = splitRule(bound);
  const tool = pattern.startsWith("*") ? null : pattern;
  const rules = listRules({ config, policy }, { member, server, tool }, now);
  return rules.filter(({ bound: known, shown }) => {
    if (shown.effect === "allows" || !shown.isInForce) return false;
    const denied = splitRule(known).pattern;
    return tool !== null || denied === "*" || denied === pattern;
  });
}

/** The rule to add, bound; null: without the lifted denials the default access allows it. */
function decideRule(
  config: WorkspaceConfig,
  { member, bound, holder, endsAt }: Approval,
  lifts: boolean,
  { now, classOf }: ChangeContext,
): string | null | RefusedDecision {
  const { fullBy } = new AccessPolicy(config, classOf).accessOf(member, now);
  if (fullBy === null) {
    const isOpen = config.workspace.defaultAccess === "open";
    if (holder.kind === "member" || holder.record.isRestricted || !isOpen) return bound;
    return refuse(
      "conflict",
      `The team “${holder.record.name}” has no rules, so that its members have the default access. A first rule would take it from them: approve for ${member.name} alone.`,
    );
  }
  if (!lifts)
    return refuse(
      "conflict",
      `${member.name} may call it already. Decline the request, and say so.`,
    );
  if (endsAt === null) return null;
  return refuse(
    "invalid",
    "endsAt: without the denial, the default access allows it, which does not end. Approve without an end.",
  );
}

/** The holders that change. A rule that is there already keeps the later end. */
function applyApproval(
  { member, holder, endsAt }: Approval,
  added: string | null,
  lifted: ReadonlySet<string>,
  context: ChangeContext,
): Holder[] {
  const keepOf = (record: Holder["record"]) => record.rules.filter((rule) => !lifted.has(rule));
  const add = (to: Holder): Holder => {
    if (added === null) return to;
    const known = to.record.rules.includes(added) ? (to.record.terms[added]?.endsAt ?? null) : 0;
    const end = known === null || endsAt === null ? null : Math.max(known, endsAt);
    const bound = [...keepOf(to.record), added];
    return withRules(to, { bound, isRestricted: undefined, ends: { [added]: end } }, context);
  };
  if (holder.kind === "member" && added !== null) return [add(holder)];
  const own: Holder = { kind: "member", record: member };
  const lifting = { bound: keepOf(member), isRestricted: undefined, ends: {} };
  const without = lifted.size > 0 ? [withRules(own, lifting, context)] : [];
  return holder.kind === "team" ? [...without, add(holder)] : without;
}

function close<T extends "approve" | "decline" | "withdraw">(
  config: WorkspaceConfig,
  context: ChangeContext,
  { id, memberId }: AccessRequestRow,
  closing: Omit<ClosedAccessRequest, "id">,
  detail: Record<string, unknown>,
  holders: Holder[],
): ChangeDecision<`access-request.${T}`> {
  const event = {
    action: `access_request.${closing.status}`,
    object: `member:${memberId}`,
    detail: { request: id, ...detail },
  } as const;
  const decision = accept(context, config.workspace, event, holders.map(toChange), {});
  return { ...decision, closes: { id, ...closing } };
}

function refuseDenied({ shown }: BoundRule, { name }: MemberRecord): RefusedDecision {
  if (shown.holder.kind === "member")
    return refuse(
      "conflict",
      `The rule ${shown.rule} of ${name} denies it, whatever else allows. Approve it together with the removal of this denial, or decline.`,
    );
  return refuse(
    "conflict",
    `The rule ${shown.rule} of the team “${shown.holder.name}” denies it, whatever else allows. Change the team's rules or its members first, or decline.`,
  );
}

function refuseUnknownRequest(): RefusedDecision {
  return refuse("not_found", "There is no such request for access in this workspace.");
}
