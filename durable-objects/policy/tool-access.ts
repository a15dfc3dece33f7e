import { createHash } from "node:crypto";
import type { DECISIONS_WITHOUT_RULE } from "../../workers/contract/records/audit.ts";
import type {
  MemberRecord,
  ServerRecord,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
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
  /** Why everything is allowed; null: the rules decide. */
  fullBy: (typeof DECISIONS_WITHOUT_RULE)[number] | null;
  /** The id of the one server that the client's address serves; null: the address is the workspace's. */
  only: string | null;
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
  fullBy: "workspace_token",
  only: null,
  mayCall: () => true,
  mayUseServer: () => true,
  mayKnowServer: () => true,
};

/**
 * Computes the permissions of a member; null: a workspace token, which has all. An auditor has none. While enforcement is
 * off, every other member has all. Otherwise the rules of a restricted member decide. A member who is not restricted has all
 * or none, by the workspace's default access.
 */
export function decideToolAccess(
  workspace: WorkspaceRecord,
  member: MemberRecord | null,
): ToolAccess {
  if (!member) return FULL_ACCESS;
  if (member.role === "auditor") return toAccess([]);
  if (!workspace.enforcement) return allowAll("enforcement_off");
  if (!member.isRestricted && workspace.defaultAccess === "open") return allowAll("default_access");
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
    get key() {
      return `${owner.key} ${chosen.key}`;
    },
    fullBy: null,
    only: null,
    mayCall: (server, tool) => chosen.mayCall(server, tool) && owner.mayCall(server, tool),
    mayUseServer: (server) => chosen.mayUseServer(server) && owner.mayUseServer(server),
    mayKnowServer: (server) => known.has(server),
  };
}

/** The permissions at the address of one server: there are no others. What decides on a call stays the same. */
export function limitToolAccess(access: ToolAccess, serverId: string): ToolAccess {
  return {
    owner: access.owner && limitToolAccess(access.owner, serverId),
    get key() {
      return `${access.key} ${serverId}`;
    },
    fullBy: access.fullBy,
    only: serverId,
    mayCall: (server, tool) => server === serverId && access.mayCall(server, tool),
    mayUseServer: (server) => server === serverId && access.mayUseServer(server),
    mayKnowServer: (server) => server === serverId && access.mayKnowServer(server),
  };
}

/** Whether the client's address serves this server, whatever the permissions are. */
export function isServed({ only }: ToolAccess, serverId: string): boolean {
  return only === null || only === serverId;
}

function toAccess(list: string[]): ToolAccess {
  const rules = new Set(list);
  const servers = new Set(list.map(serverIdOf));
  let key: string | undefined;
  return {
    owner: null,
    // Not read for most decisions, and a hash of all rules takes longer than they do.
    get key() {
      return (key ??= hashRules(list));
    },
    fullBy: null,
    only: null,
    mayCall: (server, tool) => rules.has(`${server}:${tool}`) || rules.has(`${server}:*`),
    mayUseServer: (server) => rules.has(`${server}:*`),
    mayKnowServer: (server) => servers.has(server),
  };
}

/**
 * What decides on a call of a tool, or on the use of a whole server (`toolName` null), for the audit log: a rule that names
 * the server by its slug now, or one of `DECISIONS_WITHOUT_RULE`.
 */
export function findDecidingRule(
  access: ToolAccess,
  { id, slug }: Pick<ServerRecord, "id" | "slug">,
  toolName: string | null,
): string {
  const rules = access.owner ?? access;
  const mayUse = (by: ToolAccess) =>
    by.mayUseServer(id) || (toolName !== null && by.mayCall(id, toolName));
  if (mayUse(rules) && !mayUse(access)) return "token_tools";
  if (rules.fullBy) return rules.fullBy;
  if (rules.mayUseServer(id)) return `${slug}:*`;
  return mayUse(rules) ? `${slug}:${toolName}` : "none";
}

function allowAll(fullBy: ToolAccess["fullBy"]): ToolAccess {
  return { ...FULL_ACCESS, fullBy };
}

function hashRules(rules: string[]): string {
  return createHash("sha256").update(rules.toSorted().join("\n")).digest("base64url");
}
