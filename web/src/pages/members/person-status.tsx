import type { AgentState } from "../../../../workers/contract/records/agents.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { Badge } from "../../ui/page.tsx";
import { Time, TimeUntil } from "../../ui/time.tsx";

/** A member with the end of its open invitation, epoch ms; null: it has none. */
export interface Person extends WorkspaceMember {
  invitedUntil: number | null;
  /** Whether the company’s directory says who it is and whether it has access. */
  isManaged: boolean;
  /** Whether the agent that it is may act; null: it is a person. */
  agentState: AgentState | null;
  /** Who answers for the agent; null: this person has left, or the member is no agent. */
  ownerName: string | null;
}

/** Whether a person or agent can work in the workspace now, or why not. */
export type PersonStatus = "active" | "suspended" | "ended" | "invited" | "no-sign-in";

/** The display labels of the states. */
export const STATUS_LABELS: Record<PersonStatus, string> = {
  active: "Active",
  suspended: "Suspended",
  ended: "Ended",
  invited: "Invited",
  "no-sign-in": "Cannot sign in",
};

/** Decides on the state of a person. */
export function toStatus({ suspendedAt, userId, invitedUntil, agentState }: Person): PersonStatus {
  if (agentState === "ended" || agentState === "owner_removed") return "ended";
  if (suspendedAt !== null || agentState === "owner_suspended") return "suspended";
  if (agentState !== null) return "active";
  if (userId !== null) return "active";
  return invitedUntil === null ? "no-sign-in" : "invited";
}

const TONES = {
  active: "ok",
  suspended: "bad",
  ended: "bad",
  invited: "accent",
  "no-sign-in": "warn",
} as const;

/** The state of a person, with the time that belongs to it. */
export function StatusBadge({ person }: { person: Person }) {
  const status = toStatus(person);
  const at = status === "invited" ? person.invitedUntil : person.suspendedAt;
  return (
    <span className="flex flex-wrap items-center gap-x-1.5 gap-y-0.5">
      <Badge tone={TONES[status]}>{STATUS_LABELS[status]}</Badge>
      {at !== null && (
        <span className="text-xs">
          {status === "invited" ? (
            <>
              link ends <TimeUntil at={at} />
            </>
          ) : (
            <Time at={at} />
          )}
        </span>
      )}
    </span>
  );
}
