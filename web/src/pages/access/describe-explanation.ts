import type {
  AccessExplanation,
  AccessObstacle,
  RuleOfHolder,
} from "../../../../workers/contract/api/access-explanation.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";

/** What decides on a member's calls, in one sentence. */
export function describeDecision({ decision, decidedBy }: AccessExplanation): string {
  const rule = decidedBy === null ? "" : describeRuleOf(decidedBy);
  const sentences: Record<AccessExplanation["decision"], string> = {
    rule: `Allowed by the rule ${rule}.`,
    denied: `Denied by the rule ${rule}, whatever else allows.`,
    ended: `Not allowed. The rule ${rule} allowed it until it ended.`,
    none: "Not allowed, by no rule.",
    auditor: "The member is an auditor, who calls no tool.",
    default_access: "Allowed by the workspace’s default access.",
    enforcement_off: "Allowed, because this workspace does not enforce its rules.",
  };
  return sentences[decision];
}

/** A rule with whose it is, if it is a team's. */
export function describeRuleOf({ rule, holder }: RuleOfHolder): string {
  return escapeLine(holder.kind === "team" ? `${rule} of the team ${holder.name}` : rule);
}

/** What refuses calls whatever the rules say, in sentences. */
export const OBSTACLES: Record<AccessObstacle, string> = {
  workspace_stopped: "All calls of the workspace are stopped.",
  member_suspended: "The member is suspended.",
  agent_ended: "The agent has ended.",
  agent_owner_removed: "The person who answers for the agent was removed.",
  unknown_server: "There is no such server.",
  server_disabled: "The server is disabled.",
  unknown_tool: "The server has no tool of this name now.",
  definition_held: "The tool’s definition has changed, and is held until an admin approves it.",
};
