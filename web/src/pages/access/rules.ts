import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import type { WorkspaceMember } from "../../api/workspace.ts";

/** Splits `server:tool`; a null tool means all tools of the server. */
export function parseRule(rule: string): { server: string; tool: string | null } {
  const colon = rule.indexOf(":");
  const tool = rule.slice(colon + 1);
  return { server: rule.slice(0, colon), tool: tool === "*" ? null : tool };
}

/** Describes the access of a member without rules. One who had rules before has none. */
export function describeDefaultAccess(
  { defaultAccess }: Workspace,
  { isRestricted }: WorkspaceMember,
): string {
  return defaultAccess === "open" && !isRestricted
    ? "No rules: full access"
    : "No rules: no access";
}

/** Finds what allows a tool (`*`: all tools): its own rule, the rule for all tools of its server, or none. */
export function findCoverage(
  rules: string[],
  server: string,
  tool: string,
): "rule" | "server" | "none" {
  if (rules.includes(`${server}:*`)) return tool === "*" ? "rule" : "server";
  return rules.includes(`${server}:${tool}`) ? "rule" : "none";
}
