import type { MemberRecord, WorkspaceRecord } from "../../workers/contract/records/workspace.ts";

/** The effective permissions of a token owner. Every method of every protocol revision is checked with it. */
export interface ToolAccess {
  /** Equal for token owners with equal permissions: `*`, or a member's id. */
  key: string;
  mayCall(serverSlug: string, toolName: string): boolean;
  /** Whether the whole server is allowed: its prompts, its resources, and tools that it adds later. */
  mayUseServer(serverSlug: string): boolean;
  /** Whether at least one tool of the server is allowed. */
  mayKnowServer(serverSlug: string): boolean;
}

/** All tools of all servers. */
export const FULL_ACCESS: ToolAccess = {
  key: "*",
  mayCall: () => true,
  mayUseServer: () => true,
  mayKnowServer: () => true,
};

/**
 * Computes the permissions of a member; null: a workspace token, which has all. While enforcement is off, every member
 * has all. Otherwise the member's rules decide. A member without rules has all or none, by the workspace's default
 * access.
 */
export function decideToolAccess(
  workspace: WorkspaceRecord,
  member: MemberRecord | null,
): ToolAccess {
  if (!member || !workspace.enforcement) return FULL_ACCESS;
  if (member.rules.length === 0 && workspace.defaultAccess === "open") return FULL_ACCESS;
  const rules = new Set(member.rules);
  const servers = new Set(member.rules.map((rule) => rule.slice(0, rule.indexOf(":"))));
  return {
    key: member.id,
    mayCall: (slug, tool) => rules.has(`${slug}:${tool}`) || rules.has(`${slug}:*`),
    mayUseServer: (slug) => rules.has(`${slug}:*`),
    mayKnowServer: (slug) => servers.has(slug),
  };
}
