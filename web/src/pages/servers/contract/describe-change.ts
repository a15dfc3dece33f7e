import type { ContractChange } from "../../../../../workers/contract/api/contracts.ts";
import { LockedKind, type ChangePolicy } from "../../../../../workers/contract/records/contract.ts";
import { pluralize } from "../../../ui/format-numbers.ts";

/** Kinds of definitions as words. */
export const KIND_LABELS: Record<LockedKind, string> = {
  tool: "Tool",
  prompt: "Prompt",
  resource: "Resource",
  template: "Resource template",
  skill: "Skill",
  instructions: "Instructions",
};

/** The same for several. */
export const KIND_PLURALS: Record<LockedKind, string> = {
  tool: "Tools",
  prompt: "Prompts",
  resource: "Resources",
  template: "Resource templates",
  skill: "Skills",
  instructions: "Instructions",
};

/** How many definitions of each kind there are, in the order of the kinds. */
export function countKinds(items: readonly { kind: LockedKind }[]) {
  return LockedKind.options
    .map((kind) => ({ kind, count: items.filter((item) => item.kind === kind).length }))
    .filter(({ count }) => count > 0);
}

/** The same as words: "50 tools, 1 skill". */
export function describeCounts(items: readonly { kind: LockedKind }[]): string {
  return countKinds(items)
    .map(({ kind, count }) =>
      kind === "instructions"
        ? "instructions"
        : pluralize(count, KIND_LABELS[kind].toLowerCase(), KIND_PLURALS[kind].toLowerCase()),
    )
    .join(", ");
}

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
