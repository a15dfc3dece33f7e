import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { applyChange, type RulesChange } from "./rule-changes.ts";
import { findStop, hasDefaultAccess } from "./rules.ts";

/** What a change of rules takes away beyond the rules that it names. */
export interface Consequences {
  /** Members who have everything by default, and are held to rules after the change. */
  losesDefault: WorkspaceMember[];
  /** Suspended members who would have everything by default after their suspension, and are held to rules then. */
  losesLater: WorkspaceMember[];
  /** Members whose last rule goes, and who may call no tool after the change. */
  losesLast: WorkspaceMember[];
}

/** Finds what a change of rules takes away beyond the rules that it names. */
export function findConsequences(workspace: Workspace, change: RulesChange): Consequences {
  const members = change.members.map((before) => ({ before, after: applyChange(before, change) }));
  const isOpen = workspace.defaultAccess === "open";
  return {
    losesDefault: members.flatMap(({ before, after }) =>
      hasDefaultAccess(workspace, before) && !hasDefaultAccess(workspace, after) ? [before] : [],
    ),
    losesLater: members.flatMap(({ before, after }) =>
      isOpen && findStop(before) === "suspended" && !before.isRestricted && after.isRestricted
        ? [before]
        : [],
    ),
    losesLast: members.flatMap(({ before, after }) =>
      findStop(before) === null &&
      before.rules.length > 0 &&
      after.rules.length === 0 &&
      !hasDefaultAccess(workspace, after)
        ? [before]
        : [],
    ),
  };
}

/** Most names in a sentence. */
const MAX_NAMES = 5;

/** "Ada, Bo and 3 more". */
export function listNames(members: { name: string }[]): string {
  const names = members.slice(0, MAX_NAMES).map(({ name }) => name);
  const more = members.length - names.length;
  if (more > 0) return `${names.join(", ")} and ${more} more`;
  return new Intl.ListFormat("en").format(names);
}

/**
 * Says in sentences what a change of rules takes away beyond the rules that it names; empty: nothing. `toolCount`: the number
 * of tools of the workspace.
 */
export function describeConsequences(
  workspace: Workspace,
  change: RulesChange,
  toolCount: number,
): string[] {
  const { losesDefault, losesLater, losesLast } = findConsequences(workspace, change);
  const sentences = [
    ...(losesDefault.length > 0 ? describeLostDefault(losesDefault, change, toolCount) : []),
    ...(losesLater.length > 0 ? [describeLostLater(losesLater)] : []),
    ...(losesLast.length > 0 ? describeLostLast(workspace, losesLast) : []),
  ];
  if (sentences.length > 0 && !workspace.enforcement)
    sentences.push("Rules are not enforced, so this takes effect when they are.");
  return sentences;
}

function describeLostDefault(
  members: WorkspaceMember[],
  change: RulesChange,
  toolCount: number,
): string[] {
  const who = listNames(members);
  const tools = toolCount === 0 ? "every tool" : pluralize(toolCount, "tool");
  const before = `${who} may call ${tools} by default.`;
  const added = "copyFrom" in change ? change.copyFrom.rules : change.add;
  const [first] = added;
  if (first === undefined) return [before, `After this, ${who} may call no tool.`];
  if (added.length > 1) return [before, `With these rules ${who} may call only what they allow.`];
  const only = first.endsWith(":*") ? `only the tools of ${first.slice(0, -2)}` : "only this one";
  return [before, `With this rule ${who} may call ${only}.`];
}

function describeLostLater(members: WorkspaceMember[]): string {
  const [are, have] = members.length === 1 ? ["is", "has"] : ["are", "have"];
  return `${listNames(members)} ${are} suspended and ${have} no access now. After the suspension only rules decide, not the default access.`;
}

function describeLostLast(workspace: Workspace, members: WorkspaceMember[]): string[] {
  const who = listNames(members);
  const until =
    workspace.defaultAccess === "open" ? ", until you add a rule or give full access" : "";
  return [`This takes the last rule of ${who}.`, `Without rules ${who} may call no tool${until}.`];
}
