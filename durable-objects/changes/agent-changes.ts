import type { TrustRulePatch } from "../../workers/contract/api/agents.ts";
import {
  toAgentState,
  type AgentState,
  type TrustRule,
} from "../../workers/contract/records/agents.ts";
import type {
  EntityChange,
  MemberRecord,
  TokenRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { sha256Hex } from "../../workers/crypto/sha256.ts";
import { toNamedMember } from "../policy/rules.ts";
import {
  accept,
  findChangedFields,
  refuse,
  refusePast,
  withBefore,
  type ChangeContext,
  type ChangeDecision,
  type RefusedDecision,
} from "./change-decision.ts";
import { deleteMember, newMember } from "./member-changes.ts";
import { newAccessTokenHolder, toTokenChange } from "./token-changes.ts";

/** An exchange compares a token with all of them. */
const MAX_TRUST_RULES = 20;
/** How long a workload's access token is valid at most. */
const LIFETIME_MS = 15 * 60_000;
/** Jobs that run at the same time, and have exchanged their tokens by one rule. */
const MAX_ACCESS_TOKENS = 500;
const SECRET_BYTES = 32;

type Agent = MemberRecord & { agent: NonNullable<MemberRecord["agent"]> };

/** Adds an agent without rules and trust rules. */
export function createAgent(
  config: WorkspaceConfig,
  { input: { name, ownerId, endsAt = null } }: Command<"agent.create">,
  context: ChangeContext,
): ChangeDecision<"agent.create"> {
  const refusal = refuseTerms(config, ownerId, endsAt, context.now);
  if (refusal) return refusal;
  const agent = { ownerId, endsAt, trustRules: [] };
  const member = { ...newMember({ name }, null, context), agent };
  return save(config, context, member, "agent.created", { name, ownerId, endsAt });
}

/** Changes an agent's name, owner or end. A new owner or a later end lets an agent that has ended act again. */
export function updateAgent(
  config: WorkspaceConfig,
  { memberId, patch }: Command<"agent.update">,
  context: ChangeContext,
): ChangeDecision<"agent.update"> {
  const before = findAgent(config, memberId);
  if (!before) return refuseUnknownAgent();
  const { ownerId = before.agent.ownerId, endsAt = before.agent.endsAt } = patch;
  const refusal = refuseTerms(config, patch.ownerId ?? null, patch.endsAt ?? null, context.now);
  if (refusal) return refusal;
  const member = {
    ...before,
    name: patch.name ?? before.name,
    agent: { ...before.agent, ownerId, endsAt },
  };
  const toShown = ({ name, agent }: Agent) => ({
    name,
    ownerId: agent.ownerId,
    endsAt: agent.endsAt,
  });
  const changed = findChangedFields(toShown(before), toShown(member));
  const detail = { ...withBefore(toShown(before), changed), name: member.name };
  return save(config, context, member, "agent.updated", detail);
}

/** Removes an agent as every member. */
export function deleteAgent(
  config: WorkspaceConfig,
  { memberId }: Command<"agent.delete">,
  context: ChangeContext,
): ChangeDecision<"agent.delete"> {
  if (!findAgent(config, memberId)) return refuseUnknownAgent();
  return deleteMember(config, { type: "member.delete", id: memberId }, context);
}

/** Adds a trust rule to an agent. */
export function createTrustRule(
  config: WorkspaceConfig,
  { memberId, input }: Command<"trust-rule.create">,
  context: ChangeContext,
): ChangeDecision<"trust-rule.create"> {
  const before = findAgent(config, memberId);
  if (!before) return refuseUnknownAgent();
  if (before.agent.trustRules.length >= MAX_TRUST_RULES) {
    const message = `The agent has ${MAX_TRUST_RULES} trust rules, which is the maximum: remove one first.`;
    return refuse("conflict", message);
  }
  const problem = context.checkUrl(input.issuer);
  if (problem) return refuse("invalid", `issuer: ${problem}.`);
  const rule = { ...input, id: context.newId("trr"), version: 0, createdAt: context.now };
  const member = withRules(before, [...before.agent.trustRules, rule]);
  return save(config, context, member, "trust_rule.created", toDetail(before, rule));
}

/** Changes a trust rule. Access tokens that it issued when it trusted something else end. */
export function updateTrustRule(
  config: WorkspaceConfig,
  { memberId, ruleId, patch }: Command<"trust-rule.update">,
  context: ChangeContext,
): ChangeDecision<"trust-rule.update"> {
  const found = findRule(config, memberId, ruleId);
  if (!found) return refuseUnknownRule();
  const { agent: before, rule: old } = found;
  const problem = patch.issuer === undefined ? null : context.checkUrl(patch.issuer);
  if (problem) return refuse("invalid", `issuer: ${problem}.`);
  const patched = applyPatch(old, patch);
  const changed = findChangedFields(old, patched);
  const isOther = Object.keys(changed).some((field) => field !== "name");
  const rule = isOther ? { ...patched, version: old.version + 1 } : patched;
  const token = findToken(config, ruleId);
  const tokens = token
    ? [toTokenChange({ ...token, label: rule.name, ...(isOther ? { accessTokens: [] } : {}) })]
    : [];
  const rules = before.agent.trustRules.map((one) => (one === old ? rule : one));
  const detail = { ...toDetail(before, rule), before: findChangedFields(patched, old) };
  return save(config, context, withRules(before, rules), "trust_rule.updated", detail, tokens);
}

/** Removes a trust rule with the access tokens that it issued. */
export function deleteTrustRule(
  config: WorkspaceConfig,
  { memberId, ruleId }: Command<"trust-rule.delete">,
  context: ChangeContext,
): ChangeDecision<"trust-rule.delete"> {
  const found = findRule(config, memberId, ruleId);
  if (!found) return refuseUnknownRule();
  const { agent: before, rule } = found;
  const token = findToken(config, ruleId);
  const tokens = token
    ? [toTokenChange({ ...token, accessTokens: [], revokedAt: context.now })]
    : [];
  const rules = before.agent.trustRules.filter((one) => one !== rule);
  const detail = toDetail(before, rule);
  return save(config, context, withRules(before, rules), "trust_rule.deleted", detail, tokens);
}

const NOT_ACTIVE: Record<Exclude<AgentState, "active">, string> = {
  ended: "The agent has ended. An owner or admin of the workspace can give it a later end.",
  suspended: "The agent is suspended. An owner or admin of the workspace can lift the suspension.",
  owner_removed:
    "The agent has ended with its owner, who has left. An owner or admin of the workspace can give it another one.",
  owner_suspended:
    "The agent’s owner is suspended. An owner or admin of the workspace can lift the suspension.",
};

/**
 * Issues an access token of an agent to a workload. The token of the rule stays the same, so that its calls have one name in
 * the audit log. There is no event: jobs run often, and their calls are in the audit log.
 */
export function createWorkloadToken(
  config: WorkspaceConfig,
  { memberId, ruleId, version, endsAt }: Command<"workload-token.create">,
  context: ChangeContext,
): ChangeDecision<"workload-token.create"> {
  const found = findRule(config, memberId, ruleId);
  if (found?.rule.version !== version)
    return refuse("conflict", "The trust rule has just changed: try again with a new token.");
  const { agent: member, rule } = found;
  const { now } = context;
  const owner = config.members.get(member.agent.ownerId);
  const state = toAgentState(member.agent, member.suspendedAt, owner, now);
  if (state !== "active") return refuse("forbidden", NOT_ACTIVE[state]);
  const current = findToken(config, ruleId) ?? newRuleToken(member, rule, context);
  const live = current.accessTokens.filter(({ expiresAt }) => expiresAt > now);
  if (live.length >= MAX_ACCESS_TOKENS) {
    const message = `${MAX_ACCESS_TOKENS} access tokens of this trust rule are valid now, which is the maximum: try again when jobs have ended.`;
    return refuse("conflict", message);
  }
  const expiresAt = Math.min(now + LIFETIME_MS, endsAt, member.agent.endsAt ?? Infinity);
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toHex();
  const id = current.id.slice(current.id.indexOf("_") + 1);
  const token = `${config.workspace.slug}.${memberId}:${id}:${secret}`;
  const accessTokens = [{ digest: sha256Hex(token), expiresAt }, ...live];
  const changes = [toTokenChange({ ...current, accessTokens })];
  return { kind: "unrecorded", changes, result: { token, expiresAt } };
}

function newRuleToken(member: Agent, { id, name }: TrustRule, context: ChangeContext): TokenRecord {
  const token = newAccessTokenHolder(context.newId("tok"), member.id, name, context.now);
  return { ...token, trustRuleId: id };
}

function findAgent({ members }: WorkspaceConfig, id: string): Agent | undefined {
  const member = members.get(id);
  return member?.agent ? { ...member, agent: member.agent } : undefined;
}

function findRule(config: WorkspaceConfig, memberId: string, ruleId: string) {
  const agent = findAgent(config, memberId);
  const rule = agent?.agent.trustRules.find(({ id }) => id === ruleId);
  return agent && rule ? { agent, rule } : undefined;
}

function findToken({ tokens }: WorkspaceConfig, ruleId: string): TokenRecord | undefined {
  return [...tokens.values()].find(({ trustRuleId }) => trustRuleId === ruleId);
}

/** `ownerId`, `endsAt`: null if the command does not set them. */
function refuseTerms(
  { members }: WorkspaceConfig,
  ownerId: string | null,
  endsAt: number | null,
  now: number,
): RefusedDecision | null {
  const owner = ownerId === null ? null : members.get(ownerId);
  if (owner === undefined)
    return refuse("invalid", "ownerId: there is no such member in this workspace.");
  if (owner?.agent) return refuse("invalid", "ownerId: an agent cannot answer for another one.");
  return refusePast("endsAt", endsAt, now);
}

function applyPatch(rule: TrustRule, patch: TrustRulePatch): TrustRule {
  return {
    ...rule,
    name: patch.name ?? rule.name,
    issuer: patch.issuer ?? rule.issuer,
    audience: patch.audience ?? rule.audience,
    claims: patch.claims ?? rule.claims,
  };
}

function withRules(member: Agent, trustRules: TrustRule[]): Agent {
  return { ...member, agent: { ...member.agent, trustRules } };
}

/** `name`: the agent's; `rule`: the trust rule's name. */
function toDetail({ name }: Agent, { name: rule, issuer, audience, claims }: TrustRule) {
  return { name, rule, issuer, audience, claims };
}

function save(
  config: WorkspaceConfig,
  context: ChangeContext,
  member: MemberRecord,
  action: "agent.created" | "agent.updated" | `trust_rule.${"created" | "updated" | "deleted"}`,
  detail: Record<string, unknown>,
  others: EntityChange[] = [],
) {
  const changes: EntityChange[] = [{ kind: "member", id: member.id, value: member }, ...others];
  const event = { action, object: `member:${member.id}`, detail };
  return accept(context, config.workspace, event, changes, {
    member: toNamedMember(config, member),
  });
}

function refuseUnknownAgent() {
  return refuse("not_found", "There is no such agent in this workspace.");
}

function refuseUnknownRule() {
  return refuse("not_found", "The agent has no such trust rule.");
}
