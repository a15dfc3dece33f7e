import type {
  EntityChange,
  MemberRecord,
  NamedMember,
  NamedToken,
  ServerRecord,
  TokenRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";

type Servers = Pick<WorkspaceConfig, "servers">;

/** Splits a rule into its server, by slug or id, and its tool. */
function splitRule(rule: string): [server: string, tool: string] {
  const colon = rule.indexOf(":");
  return [rule.slice(0, colon), rule.slice(colon + 1)];
}

/** The server that a bound rule allows something of. */
export function serverIdOf(rule: string): string {
  return splitRule(rule)[0];
}

/**
 * Binds rules, which name servers by slug, to the servers that have these slugs now. `unknown`: the first slug that no
 * server has; null: all have one.
 */
export function bindRules(
  { servers }: Servers,
  rules: string[],
): { bound: string[]; unknown: string | null } {
  const bySlug = new Map([...servers.values()].map(({ slug, id }) => [slug, id]));
  const bound: string[] = [];
  let unknown: string | null = null;
  for (const rule of rules) {
    const [slug, tool] = splitRule(rule);
    const id = bySlug.get(slug);
    if (id === undefined) unknown ??= slug;
    else bound.push(`${id}:${tool}`);
  }
  // Sorted and unique, as D1 returns them.
  return { bound: [...new Set(bound)].toSorted(), unknown };
}

/** Names the servers of bound rules by their slugs. */
export function nameRules({ servers }: Servers, bound: string[]): string[] {
  const named = bound.flatMap((rule) => {
    const [id, tool] = splitRule(rule);
    const slug = servers.get(id)?.slug;
    return slug === undefined ? [] : [`${slug}:${tool}`];
  });
  return named.toSorted();
}

/** A member as the management API shows it. */
export function toNamedMember(config: Servers, member: MemberRecord): NamedMember {
  return { ...member, rules: nameRules(config, member.rules) };
}

/** A token as the management API shows it. Rules of servers that are gone are left out, and still allow nothing. */
export function toNamedToken(config: Servers, token: TokenRecord): NamedToken {
  return { ...token, tools: token.tools && nameRules(config, token.tools) };
}

/**
 * Adds to changes what removed servers take along: the rules that are bound to them. The statements that delete a server
 * in D1 do the same. A member who loses the last rule this way stays restricted. Members that the changes set have no such
 * rules any more.
 */
export function withRulesRemoved(
  members: ReadonlyMap<string, MemberRecord>,
  changes: EntityChange[],
): EntityChange[] {
  const removed = new Set(
    changes.flatMap(({ kind, id, value }) => (kind === "server" && value === null ? [id] : [])),
  );
  if (removed.size === 0) return changes;
  const isSet = new Set(changes.flatMap(({ kind, id }) => (kind === "member" ? [id] : [])));
  const losing = [...members.values()].flatMap((member): EntityChange[] => {
    if (isSet.has(member.id)) return [];
    const rules = member.rules.filter((rule) => !removed.has(serverIdOf(rule)));
    if (rules.length === member.rules.length) return [];
    const value = { ...member, rules, rulesVersion: member.rulesVersion + 1 };
    return [{ kind: "member", id: member.id, value }];
  });
  return [...changes, ...losing];
}

/** The number of rules that are bound to a server. */
export function countRules(
  { members }: Pick<WorkspaceConfig, "members">,
  { id }: ServerRecord,
): number {
  const all = [...members.values()].flatMap(({ rules }) => rules);
  return all.filter((rule) => serverIdOf(rule) === id).length;
}
