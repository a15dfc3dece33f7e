import type { Workspace } from "../../../../workers/contract/api/resources.ts";

type Settings = Pick<Workspace, "enforcement" | "defaultAccess">;

/** The name of the switch of the default access; it is on while the default access is open. */
export const DEFAULT_ACCESS_TITLE = "Open default access";

/** Whether rules are applied, and what people may call then. */
export function describeEnforcement({ enforcement, defaultAccess }: Settings): string {
  if (!enforcement)
    return "Everybody but auditors and suspended people can call every tool. Rules are kept but not applied.";
  const rest = defaultAccess === "open" ? "every tool" : "no tool";
  return `Members can call only the tools that their rules allow. People who never had a rule can call ${rest}.`;
}

/** What the default access allows. */
export function describeDefaultAccessSetting({ enforcement, defaultAccess }: Settings): string {
  const when = enforcement ? "" : "When rules are enforced: ";
  return defaultAccess === "open"
    ? `${when}People who never had a rule may call every tool, also of servers that are added later.`
    : `${when}People without rules may call no tool.`;
}

/** Asks whether the default access is opened or closed. */
export function describeDefaultAccessQuestion(next: "open" | "closed") {
  return next === "open"
    ? { title: "Open the default access?", confirmLabel: "Open default access" }
    : { title: "Close the default access?", confirmLabel: "Close default access" };
}
