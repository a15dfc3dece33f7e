import type { AgentInput, AgentPatch, TrustRuleInput, TrustRulePatch } from "../api/agents.ts";
import type { NamedMember } from "../records/workspace.ts";

/** The arguments of the commands about agents, by their type. `memberId`: the agent's id. */
export interface AgentArguments {
  "agent.create": { input: AgentInput };
  "agent.update": { memberId: string; patch: AgentPatch };
  "agent.delete": { memberId: string };
  "trust-rule.create": { memberId: string; input: TrustRuleInput & { audience: string } };
  "trust-rule.update": { memberId: string; ruleId: string; patch: TrustRulePatch };
  "trust-rule.delete": { memberId: string; ruleId: string };
  /**
   * Issues an access token to a workload whose own token fits a version of a trust rule. `endsAt`: when that token ends,
   * epoch ms.
   */
  "workload-token.create": { memberId: string; ruleId: string; version: number; endsAt: number };
}

/** Their results, by type. `token` is the clear token, returned only here. */
export interface AgentResults {
  "agent.create": { member: NamedMember };
  "agent.update": { member: NamedMember };
  "agent.delete": Record<string, never>;
  "trust-rule.create": { member: NamedMember };
  "trust-rule.update": { member: NamedMember };
  "trust-rule.delete": { member: NamedMember };
  "workload-token.create": { token: string; expiresAt: number };
}
