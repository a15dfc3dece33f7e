import { createHash } from "node:crypto";
import type { DECISIONS_WITHOUT_RULE } from "../../workers/contract/records/audit.ts";
import { splitRule, type ToolClass } from "../../workers/contract/records/rule.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
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
  /** When a rule ends, and the permissions with it, epoch ms; null: never by themselves. */
  validUntil: number | null;
  /** The rule of the owner that decides on a tool, or on a whole server (`toolName` null); null: none does. */
  findRule(serverId: string, toolName: string | null): string | null;
  mayCall(serverId: string, toolName: string): boolean;
  /** Whether the whole server is allowed: its prompts, its resources, and tools that it adds later. */
  mayUseServer(serverId: string): boolean;
  /** Whether at least one tool of the server is allowed. */
  mayKnowServer(serverId: string): boolean;
}

/** The class of a server's tool, as its approved definition says; null: the server has no such tool. */
export type ClassOf = (serverId: string, toolName: string) => ToolClass | null;

/** For decisions that concern no single tool. */
export const NO_CLASSES: ClassOf = () => null;

/** All tools of all servers. */
export const FULL_ACCESS: ToolAccess = {
  owner: null,
  key: "*",
  fullBy: "workspace_token",
  only: null,
  validUntil: null,
  findRule: () => null,
  mayCall: () => true,
  mayUseServer: () => true,
  mayKnowServer: () => true,
};

/** Narrows the permissions of a token's owner to the token's rules; null: the token has none. It never widens them. */
export function narrowToolAccess(
  owner: ToolAccess,
  rules: string[] | null,
  classOf: ClassOf,
): ToolAccess {
  if (rules === null) return owner;
  const chosen = allowRules(rules, classOf, null, null);
  const known = new Set(
    rules.flatMap((rule) => {
      const id = serverIdOf(rule);
      const { pattern } = splitRule(rule);
      const isAllowed = pattern.startsWith("*")
        ? owner.mayKnowServer(id)
        : owner.mayCall(id, pattern);
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
    validUntil: owner.validUntil,
    findRule: (server, tool) => owner.findRule(server, tool),
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
    validUntil: access.validUntil,
    findRule: (server, tool) => access.findRule(server, tool),
    mayCall: (server, tool) => server === serverId && access.mayCall(server, tool),
    mayUseServer: (server) => server === serverId && access.mayUseServer(server),
    mayKnowServer: (server) => server === serverId && access.mayKnowServer(server),
  };
}

/** Whether the client's address serves this server, whatever the permissions are. */
export function isServed({ only }: ToolAccess, serverId: string): boolean {
  return only === null || only === serverId;
}

/**
 * The permissions that rules give: what one of them denies is denied, and of the rest, what one of them allows is allowed.
 * @param fullBy why all that is not denied is allowed; null: the rules decide
 */
export function allowRules(
  list: string[],
  classOf: ClassOf,
  fullBy: ToolAccess["fullBy"],
  validUntil: number | null,
): ToolAccess {
  const rules = new Set(list);
  const allowing = list.filter((rule) => !rule.startsWith("!"));
  const servers = new Set(allowing.map(serverIdOf));
  const denies = allowing.length < list.length;
  const hasClasses = list.some((rule) => rule.endsWith("]") && rule.includes(":*["));
  const find = (prefix: string, server: string, tool: string | null): string | null => {
    const whole = `${prefix}${server}:*`;
    if (rules.has(whole)) return whole;
    if (tool === null) return null;
    const single = `${prefix}${server}:${tool}`;
    if (rules.has(single)) return single;
    const byClass = hasClasses ? `${whole}[${classOf(server, tool)}]` : single;
    return rules.has(byClass) ? byClass : null;
  };
  const isDenied = (server: string, tool: string | null) =>
    denies && find("!", server, tool) !== null;
  let key: string | undefined;
  return {
    owner: null,
    // Not read for most decisions, and a hash of all rules takes longer than they do.
    get key() {
      return (key ??= (fullBy === null ? "" : "*") + (list.length > 0 ? hashRules(list) : ""));
    },
    fullBy,
    only: null,
    validUntil,
    findRule: (server, tool) => (denies ? find("!", server, tool) : null) ?? find("", server, tool),
    mayCall: (server, tool) =>
      !isDenied(server, tool) && (fullBy !== null || find("", server, tool) !== null),
    mayUseServer: (server) =>
      !isDenied(server, null) && (fullBy !== null || find("", server, null) !== null),
    mayKnowServer: (server) => !isDenied(server, null) && (fullBy !== null || servers.has(server)),
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
  const rule = rules.findRule(id, toolName);
  const named = rule?.replace(`${id}:`, `${slug}:`);
  if (named?.startsWith("!")) return named;
  return rules.fullBy ?? named ?? "none";
}

function hashRules(rules: string[]): string {
  return createHash("sha256").update(rules.toSorted().join("\n")).digest("base64url");
}
