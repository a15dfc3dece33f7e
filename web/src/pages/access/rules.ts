import type { z } from "zod";
import type { Member, Workspace } from "../../../../workers/contract/api/resources.ts";

export type Person = z.infer<typeof Member>;

/** What a rule lets through, in words: "all of github", "create_issue". */
export function describeRule(rule: string): { server: string; tool: string | null } {
  const colon = rule.indexOf(":");
  const tool = rule.slice(colon + 1);
  return { server: rule.slice(0, colon), tool: tool === "*" ? null : tool };
}

/** What somebody without any rule may call, in words. */
export function withoutRules({ defaultAccess }: Workspace): string {
  return defaultAccess === "open" ? "Everything (no rules)" : "Nothing (no rules)";
}

/** How a grid's cell stands: by a rule of its own, by one for the whole server, by the default, or not at all. */
export function coverage(
  rules: string[],
  server: string,
  tool: string,
): "rule" | "server" | "none" {
  if (rules.includes(`${server}:*`)) return tool === "*" ? "rule" : "server";
  return rules.includes(`${server}:${tool}`) ? "rule" : "none";
}
