import type { MemberRecord, WorkspaceRecord } from "../../workers/contract/records/workspace.ts";

/** What a principal may reach. The one policy: every method of every protocol version asks it. */
export interface ToolAccess {
  /** Names principals that see the same things: `*`, or a member's id. */
  key: string;
  mayCall(serverSlug: string, toolName: string): boolean;
  /** The whole server: its prompts and resources, and tools that it will have. */
  mayUseServer(serverSlug: string): boolean;
  /** Whether anything of the server is allowed. */
  mayKnowServer(serverSlug: string): boolean;
}

const EVERYTHING: ToolAccess = {
  key: "*",
  mayCall: () => true,
  mayUseServer: () => true,
  mayKnowServer: () => true,
};

/**
 * A workspace token (`member` null) has everything, and so has everybody while enforcement is off. Otherwise a
 * member's rules decide; a member without rules has everything or nothing, as the workspace chose.
 */
export function decideToolAccess(
  workspace: WorkspaceRecord,
  member: MemberRecord | null,
): ToolAccess {
  if (!member || !workspace.enforcement) return EVERYTHING;
  if (member.rules.length === 0 && workspace.defaultAccess === "open") return EVERYTHING;
  const rules = new Set(member.rules);
  const servers = new Set(member.rules.map((rule) => rule.slice(0, rule.indexOf(":"))));
  return {
    key: member.id,
    mayCall: (slug, tool) => rules.has(`${slug}:${tool}`) || rules.has(`${slug}:*`),
    mayUseServer: (slug) => rules.has(`${slug}:*`),
    mayKnowServer: (slug) => servers.has(slug),
  };
}
