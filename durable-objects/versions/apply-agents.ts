import type { TrustRule } from "../../workers/contract/records/agents.ts";
import type { MemberRecord } from "../../workers/contract/records/workspace.ts";
import type {
  ConfigurationDocument,
  DocumentAgent,
} from "../../workers/contract/versions/document.ts";
import { isSameJson } from "../../workers/mcp/json.ts";
import {
  createAgent,
  createTrustRule,
  deleteAgent,
  deleteTrustRule,
  updateAgent,
  updateTrustRule,
} from "../changes/agent-changes.ts";
import { refuse, type RefusedDecision } from "../changes/change-decision.ts";
import { applyAccess } from "./apply-rules.ts";
import type { Draft } from "./draft.ts";

type Agent = MemberRecord & { agent: NonNullable<MemberRecord["agent"]> };

/** Applies the agents by name. One that was removed comes back as a new one: its tokens stay revoked. */
export function applyAgents(
  draft: Draft,
  { agents }: ConfigurationDocument,
): RefusedDecision | null {
  if (!agents) return null;
  const names = agents.map(({ name }) => name);
  if (new Set(names).size < names.length && !draft.command.restored)
    return refuse("invalid", "agents: names an agent more than once; give each its own name.");
  for (const { id, name } of listAgents(draft)) {
    if (names.includes(name)) continue;
    const command = { type: "agent.delete", memberId: id } as const;
    const refusal = draft.take(deleteAgent(draft.config, command, draft.context), name, "agents");
    if (refusal) return refusal;
  }
  for (const [index, entry] of agents.entries()) {
    const refusal = applyAgent(draft, entry, `agents.${index} (${entry.name})`);
    if (refusal) return refusal;
  }
  return null;
}

function applyAgent(draft: Draft, entry: DocumentAgent, place: string): RefusedDecision | null {
  const { name, endsAt = null } = entry;
  const owner = findOwner(draft, entry.owner);
  if (owner === undefined) {
    const message = "The member who answers for the agent is not there now.";
    if (!draft.command.restored) return refuse("invalid", `${place}.owner: ${message}`);
    draft.leave(name, `${message} The agent is unchanged.`);
    return null;
  }
  const refusal = applyTerms(draft, name, { ownerId: owner, endsAt }, place);
  const agent = findAgent(draft, name);
  if (refusal || !agent) return refusal;
  return (
    applyTrustRules(draft, agent, entry.trustRules ?? [], place) ??
    applyAccess(draft, { kind: "member", record: findAgent(draft, name) ?? agent }, entry, place)
  );
}

function applyTerms(
  draft: Draft,
  name: string,
  { ownerId, endsAt }: { ownerId: string; endsAt: number | null },
  place: string,
): RefusedDecision | null {
  const known = findAgent(draft, name);
  if (!known) {
    const input = { name, ownerId, endsAt };
    const decision = createAgent(draft.config, { type: "agent.create", input }, draft.context);
    return draft.take(decision, name, place);
  }
  const patch = {
    ...(known.agent.ownerId === ownerId ? {} : { ownerId }),
    ...(known.agent.endsAt === endsAt ? {} : { endsAt }),
  };
  if (Object.keys(patch).length === 0) return null;
  const command = { type: "agent.update", memberId: known.id, patch } as const;
  return draft.take(updateAgent(draft.config, command, draft.context), name, place);
}

/** Trust rules by name: those that stay the same keep the access tokens that they have issued. */
function applyTrustRules(
  draft: Draft,
  { id: memberId, name, agent }: Agent,
  wanted: NonNullable<DocumentAgent["trustRules"]>,
  place: string,
): RefusedDecision | null {
  const rest: TrustRule[] = [...agent.trustRules];
  const missing: typeof wanted = [];
  for (const rule of wanted) {
    const at = rest.findIndex((known) => isSame(known, rule));
    if (at === -1) missing.push(rule);
    else rest.splice(at, 1);
  }
  for (const rule of missing) {
    const at = rest.findIndex((known) => known.name === rule.name);
    const [old] = at === -1 ? [] : rest.splice(at, 1);
    const { config, context } = draft;
    const decision = old
      ? updateTrustRule(
          config,
          { type: "trust-rule.update", memberId, ruleId: old.id, patch: rule },
          context,
        )
      : createTrustRule(config, { type: "trust-rule.create", memberId, input: rule }, context);
    const refusal = draft.take(decision, `${name}, ${rule.name}`, place);
    if (refusal) return refusal;
  }
  for (const { id: ruleId } of rest) {
    const command = { type: "trust-rule.delete", memberId, ruleId } as const;
    const refusal = draft.take(deleteTrustRule(draft.config, command, draft.context), name, place);
    if (refusal) return refusal;
  }
  return null;
}

function isSame(known: TrustRule, rule: Omit<TrustRule, "id" | "version" | "createdAt">): boolean {
  return (
    known.name === rule.name &&
    known.issuer === rule.issuer &&
    known.audience === rule.audience &&
    isSameJson(known.claims, rule.claims)
  );
}

function findOwner(draft: Draft, owner: string): string | undefined {
  const people = [...draft.config.members.values()].filter(({ agent }) => !agent);
  if (people.some(({ id }) => id === owner)) return owner;
  const named = people.filter(({ name }) => name === owner);
  return named.length === 1 ? named[0]?.id : undefined;
}

function listAgents(draft: Draft): Agent[] {
  return [...draft.config.members.values()].flatMap((member) =>
    member.agent ? [{ ...member, agent: member.agent }] : [],
  );
}

function findAgent(draft: Draft, name: string): Agent | undefined {
  return listAgents(draft).find((agent) => agent.name === name);
}
