import type { NamedTool, Server, Workspace } from "../../../../workers/contract/api/resources.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";

/** Splits `server:tool`; a null tool means all tools of the server. */
export function parseRule(rule: string): { server: string; tool: string | null } {
  const colon = rule.indexOf(":");
  const tool = rule.slice(colon + 1);
  return { server: rule.slice(0, colon), tool: tool === "*" ? null : tool };
}

/** All rules that can be added: one for each server and one for each tool. */
export function listAllRules(servers: Server[], tools: NamedTool[]): string[] {
  const byServer = Map.groupBy(tools, ({ serverSlug }) => serverSlug);
  return servers.flatMap(({ slug }) => [
    `${slug}:*`,
    ...(byServer.get(slug) ?? []).map(({ name }) => `${slug}:${name}`),
  ]);
}

/**
 * What allows a member a tool: its own rule, the rule for all tools of its server, that rules are not enforced (`off`), the
 * default access; or nothing. `held`: the member has the rule, and may call nothing all the same.
 */
export type AllowedBy = "rule" | "server" | "off" | "default" | "held" | "none";

/** Words for what allows a member a tool. */
export const ALLOWED_BY: Record<AllowedBy, string> = {
  rule: "allowed by a rule",
  server: "allowed by the rule for all tools",
  off: "allowed because rules are not enforced",
  default: "allowed by default",
  held: "refused in spite of a rule",
  none: "refused",
};

const ruleSets = new WeakMap<WorkspaceMember, ReadonlySet<string>>();

/** The rules of a member as a set, for many lookups. */
function toRuleSet(member: WorkspaceMember): ReadonlySet<string> {
  const known = ruleSets.get(member);
  if (known) return known;
  const set = new Set(member.rules);
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
  return findStop(member) === null && !member.isRestricted;
}

/** Whether the workspace's default access allows a member everything while rules are enforced. */
export function hasDefaultAccess(
  { defaultAccess }: Pick<Workspace, "defaultAccess">,
  member: WorkspaceMember,
): boolean {
  return defaultAccess === "open" && isHeldToDefault(member);
}

/** Decides what allows a member a tool (`*`: the whole server), as the gateway decides it. */
export function findAllowedBy(
  workspace: Workspace,
  member: WorkspaceMember,
  server: string,
  tool: string,
): AllowedBy {
  const rules = toRuleSet(member);
  const hasRule = rules.has(`${server}:${tool}`);
  if (findStop(member)) return hasRule ? "held" : "none";
  if (hasRule) return "rule";
  if (rules.has(`${server}:*`)) return "server";
  if (!workspace.enforcement) return "off";
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
