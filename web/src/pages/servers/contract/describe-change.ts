import type { ContractChange } from "../../../../../workers/contract/api/contracts.ts";
import type { ChangePolicy, LockedKind } from "../../../../../workers/contract/records/contract.ts";

/** Kinds of definitions as words. */
export const KIND_LABELS: Record<LockedKind, string> = {
  tool: "Tool",
  prompt: "Prompt",
  resource: "Resource",
  template: "Resource template",
  skill: "Skill",
  instructions: "Instructions",
};

/** What a server did to a definition. */
export const CHANGE_LABELS: Record<ContractChange["change"], string> = {
  added: "New",
  changed: "Changed",
  removed: "Removed",
};

/** The policies, the safest first, with what each means. */
export const POLICIES: readonly { value: ChangePolicy; label: string; meaning: string }[] = [
  {
    value: "hold",
    label: "Hold",
    meaning:
      "Clients keep the approved definitions. What is new is not shown, and a call that no longer fits is not sent, until an admin approves.",
  },
  {
    value: "allow_and_tell",
    label: "Allow and tell",
    meaning:
      "Clients get every change at once, and admins see it here until they have dealt with it.",
  },
  {
    value: "allow",
    label: "Allow",
    meaning: "Clients get whatever the server shows. Nothing is approved, compared or told.",
  },
];

/** What clients have while a change is not approved. */
export function describeState({ change, state, isCallable }: ContractChange): string {
  if (state === "served") return "Clients have it already.";
  if (change === "added") return "Clients do not see it.";
  const calls = isCallable
    ? "Calls still fit and reach the server."
    : "Calls to it are refused: they may not fit any more.";
  return change === "removed"
    ? "Clients do not see it any more: the server does not have it."
    : `Clients keep the approved one. ${calls}`;
}

/** Identifies a change on its server’s page. */
export function toChangeId({ kind, key }: Pick<ContractChange, "kind" | "key">): string {
  return `${kind} ${key}`;
}
