import { createHash } from "node:crypto";
import type { MemberRecord, WorkspaceRecord } from "../../workers/contract/records/workspace.ts";
import { serverIdOf } from "./rules.ts";

/**
 * The effective permissions of a token owner. Every method of every protocol revision is checked with it. Servers are
 * named by id: another server can have the slug later.
 */
export interface ToolAccess {
  /** Equal for token owners with equal permissions: `*` for all, otherwise a hash of the rules. */
  key: string;
  mayCall(serverId: string, toolName: string): boolean;
  /** Whether the whole server is allowed: its prompts, its resources, and tools that it adds later. */
  mayUseServer(serverId: string): boolean;
  /** Whether at least one tool of the server is allowed. */
  mayKnowServer(serverId: string): boolean;
}

/** All tools of all servers. */
export const FULL_ACCESS: ToolAccess = {
  key: "*",
  mayCall: () => true,
  mayUseServer: () => true,
  mayKnowServer: () => true,
};

/** No tool of any server. */
const NO_ACCESS: ToolAccess = {
  key: "-",
  mayCall: () => false,
  mayUseServer: () => false,
  mayKnowServer: () => false,
};

/**
 * Computes the permissions of a member; null: a workspace token, which has all. An auditor has none. While
 * enforcement is off, every other member has all. Otherwise the rules of a restricted member decide. A member who is not restricted has all or none, by the
 * workspace's default access.
 */
export function decideToolAccess(
  workspace: WorkspaceRecord,
  member: MemberRecord | null,
): ToolAccess {
  if (member?.role === "auditor") return NO_ACCESS;
  if (!member || !workspace.enforcement) return FULL_ACCESS;
  if (!member.isRestricted && workspace.defaultAccess === "open") return FULL_ACCESS;
  const rules = new Set(member.rules);
  const servers = new Set(member.rules.map(serverIdOf));
  return {
    key: hashRules(member.rules),
    mayCall: (server, tool) => rules.has(`${server}:${tool}`) || rules.has(`${server}:*`),
    mayUseServer: (server) => rules.has(`${server}:*`),
    mayKnowServer: (server) => servers.has(server),
  };
}

function hashRules(rules: string[]): string {
  return createHash("sha256").update(rules.toSorted().join("\n")).digest("base64url");
}
