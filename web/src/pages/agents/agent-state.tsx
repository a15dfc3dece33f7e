import type { Agent } from "../../../../workers/contract/api/agents.ts";
import type { AgentState } from "../../../../workers/contract/records/agents.ts";
import { Badge } from "../../ui/page.tsx";

/** The display labels of the states. */
export const STATE_LABELS: Record<AgentState, string> = {
  active: "Active",
  ended: "Ended",
  suspended: "Suspended",
  owner_removed: "Owner has left",
  owner_suspended: "Owner suspended",
};

/** Why an agent may not act, and what lets it act again. */
export const STATE_ADVICE: Record<Exclude<AgentState, "active">, string> = {
  ended: "This agent has ended: its workloads are refused. A later end lets it act again.",
  suspended: "This agent is suspended: its workloads are refused until the suspension is lifted.",
  owner_removed:
    "The person who answered for this agent has left: its workloads are refused until it has another owner.",
  owner_suspended:
    "The person who answers for this agent is suspended: its workloads are refused until that suspension is lifted, or it has another owner.",
};

/** Whether an agent may act now. */
export function StateBadge({ state }: Pick<Agent, "state">) {
  return <Badge tone={state === "active" ? "ok" : "bad"}>{STATE_LABELS[state]}</Badge>;
}
