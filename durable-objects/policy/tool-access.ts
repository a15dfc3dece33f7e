import { createHash } from "node:crypto";
import type { MemberRecord, WorkspaceRecord } from "../../workers/contract/records/workspace.ts";
import { serverIdOf } from "./rules.ts";

/**
 * The effective permissions of a token owner. Every method of every protocol revision is checked with it. Servers are
 * named by id: another server can have the slug later.
 */
export interface ToolAccess {
  /** The permissions of the owner, which the token narrows; null: it does not. */
  owner: ToolAccess | null;
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
  owner: null,
  key: "*",
  mayCall: () => true,
  mayUseServer: () => true,
  mayKnowServer: () => true,
};

/**
 * Computes the permissions of a member; null: a workspace token, which has all. While enforcement is off, every member
 * has all. Otherwise the rules of a restricted member decide. A member who is not restricted has all or none, by the
 * workspace's default access.
 */
export function decideToolAccess(
  workspace: WorkspaceRecord,
  member: MemberRecord | null,
): ToolAccess {
  if (!member || !workspace.enforcement) return FULL_ACCESS;
  if (!member.isRestricted && workspace.defaultAccess === "open") return FULL_ACCESS;
  return toAccess(member.rules);
}

/** Narrows the permissions of a token's owner to the token's rules; null: the token has none. It never widens them. */
export function narrowToolAccess(owner: ToolAccess, rules: string[] | null): ToolAccess {
  if (rules === null) return owner;
  const chosen = toAccess(rules);
  const known = new Set(
    rules.flatMap((rule) => {
      const id = serverIdOf(rule);
      const isAllowed = chosen.mayUseServer(id)
        ? owner.mayKnowServer(id)
        : owner.mayCall(id, rule.slice(id.length + 1));
      return isAllowed ? id : [];
    }),
  );
  return {
    owner,
    key: `${owner.key} ${chosen.key}`,
    mayCall: (server, tool) => chosen.mayCall(server, tool) && owner.mayCall(server, tool),
    mayUseServer: (server) => chosen.mayUseServer(server) && owner.mayUseServer(server),
    mayKnowServer: (server) => known.has(server),
  };
}

function toAccess(list: string[]): ToolAccess {
  const rules = new Set(list);
  const servers = new Set(list.map(serverIdOf));
  return {
    owner: null,
    key: hashRules(list),
    mayCall: (server, tool) => rules.has(`${server}:${tool}`) || rules.has(`${server}:*`),
    mayUseServer: (server) => rules.has(`${server}:*`),
    mayKnowServer: (server) => servers.has(server),
  };
}

function hashRules(rules: string[]): string {
  return createHash("sha256").update(rules.toSorted().join("\n")).digest("base64url");
}
