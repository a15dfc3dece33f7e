import type { NamedTool, Server, Workspace } from "../../../../workers/contract/api/resources.ts";
import {
  splitRule,
  TOOL_CLASSES,
  type ToolClass,
} from "../../../../workers/contract/records/rule.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";

/** Splits `server:tool`, with `!` before it if it denies; a null tool means all tools of the server. */
export function parseRule(rule: string): { denies: boolean; server: string; tool: string | null } {
  const { denies, server, pattern } = splitRule(rule);
  return { denies, server, tool: pattern === "*" ? null : pattern };
}

/** What a rule is about, in words: a tool, all tools of a server, or those of a class. */
export function describeScope(rule: string): string {
  const { server, pattern } = splitRule(rule);
  const toolClass = /^\*\[(.+)\]$/.exec(pattern)?.[1];
  if (toolClass !== undefined) return `${server}: ${toolClass} tools`;
  return pattern === "*" ? `${server}: all tools` : escapeLine(`${server}:${pattern}`);
}

/** All rules that can be added: for each server all tools and those of each class, and one for each tool. */
export function listAllRules(servers: Server[], tools: NamedTool[]): string[] {
  const byServer = Map.groupBy(tools, ({ serverSlug }) => serverSlug);
  return servers.flatMap(({ slug }) => [
    `${slug}:*`,
    ...TOOL_CLASSES.map((toolClass) => `${slug}:*[${toolClass}]`),
    ...(byServer.get(slug) ?? []).map(({ name }) => `${slug}:${name}`),
  ]);
}

/**
 * What allows a member a tool: its own rule, the rule for all tools of its server, that rules are not enforced (`off`), the
 * default access; or nothing. `class`: its rule for tools that do the same. `team`: a rule of one of its teams. `denied`: a rule of
 * it or a team denies, whatever else allows. `held`: the member has the rule, and may call nothing all the same.
 */
export type AllowedBy =
  | "rule"
  | "server"
  | "class"
  | "team"
  | "off"
  | "default"
  | "denied"
  | "held"
  | "none";

/** Words for what allows a member a tool. */
export const ALLOWED_BY: Record<AllowedBy, string> = {
  rule: "allowed by a rule",
  server: "allowed by the rule for all tools",
  class: "allowed by the rule for tools of its kind",
  team: "allowed by a rule of a team",
  denied: "denied by a rule",
  off: "allowed because rules are not enforced",
  default: "allowed by default",
  held: "refused in spite of a rule",
  none: "refused",
};

/** The rules of a member or team that have not ended. */
export function listInForce(
  { rules, terms }: Pick<WorkspaceMember, "rules" | "terms">,
  now: number,
): string[] {
  return rules.filter((rule) => (terms[rule]?.endsAt ?? Infinity) > now);
}

const ruleSets = new WeakMap<WorkspaceMember, ReadonlySet<string>>();

/** The rules of a member that have not ended, as a set, for many lookups. */
function toRuleSet(member: WorkspaceMember): ReadonlySet<string> {
  const known = ruleSets.get(member);
  if (known) return known;
  const set = new Set(listInForce(member, Date.now()));
  ruleSets.set(member, set);
  return set;
}

/** Why a member may call nothing, whatever the rules are; null: the rules and settings decide. */
export function findStop({ suspendedAt, role }: WorkspaceMember): "suspended" | "auditor" | null {
  if (suspendedAt !== null) return "suspended";
  return role === "auditor" ? "auditor" : null;
}

/** Whether the default access decides on a member's calls while rules are enforced: the member may call, and never had a rule. */
export function isHeldToDefault(member: WorkspaceMember): boolean {
  return findStop(member) === null && !member.isRestricted && member.isTeamRestricted !== true;
}

/** Whether the workspace's default access allows a member everything while rules are enforced. */
export function hasDefaultAccess(
  { defaultAccess }: Pick<Workspace, "defaultAccess">,
  member: WorkspaceMember,
): boolean {
  return defaultAccess === "open" && isHeldToDefault(member);
}

/** A tool of a server (`*`: the whole server), and what it does; null: not known, or the whole server. */
export interface AskedTool {
  server: string;
  tool: string;
  toolClass: ToolClass | null;
}

/** Decides what allows a member a tool, as the gateway decides it. */
export function findAllowedBy(
  workspace: Workspace,
  member: WorkspaceMember,
  { server, tool, toolClass }: AskedTool,
): AllowedBy {
  const rules = toRuleSet(member);
  const ofTeams = member.teamRules ?? [];
  const hasRule = rules.has(`${server}:${tool}`);
  if (findStop(member)) return hasRule ? "held" : "none";
  if (!workspace.enforcement) return hasRule ? "rule" : "off";
  const wider = [`${server}:*`, ...(toolClass === null ? [] : [`${server}:*[${toolClass}]`])];
  const about = [`${server}:${tool}`, ...wider];
  if (about.some((rule) => rules.has(`!${rule}`) || ofTeams.includes(`!${rule}`))) return "denied";
  if (hasRule) return "rule";
  if (rules.has(`${server}:*`)) return "server";
  if (about.some((rule) => rules.has(rule))) return "class";
  if (about.some((rule) => ofTeams.includes(rule))) return "team";
  return hasDefaultAccess(workspace, member) ? "default" : "none";
}

/** What allows a member every tool of every server; null: nothing does. `servers`: the slugs of all servers. */
export function findEverythingBy(
  workspace: Workspace,
  member: WorkspaceMember,
  servers: string[],
): "off" | "default" | "rules" | null {
  if (findStop(member)) return null;
  if (!workspace.enforcement) return "off";
  if (hasDefaultAccess(workspace, member)) return "default";
  const rules = toRuleSet(member);
  return servers.length > 0 && servers.every((slug) => rules.has(`${slug}:*`)) ? "rules" : null;
}

/** Describes the access of a member without rules. One who had rules before has none. */
export function describeDefaultAccess(workspace: Workspace, member: WorkspaceMember): string {
  const stop = findStop(member);
  if (stop) return stop === "suspended" ? "Suspended: no access" : "Auditor: no access";
  return hasDefaultAccess(workspace, member) ? "No rules: full access" : "No rules: no access";
}
