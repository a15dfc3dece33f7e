import { splitRule, type RuleHolder } from "../../workers/contract/records/rule.ts";
import type { NamedTeam, TeamRecord } from "../../workers/contract/records/team.ts";
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
type Holders = Pick<WorkspaceConfig, "members" | "teams">;

/** Whether a rule allows, and so restricts its holder to what rules allow. */
export function isAllowing(rule: string): boolean {
  return !rule.startsWith("!");
}

/** The server that a rule is about. */
export function serverIdOf(rule: string): string {
  return splitRule(rule).server;
}

/** A rule for another server, which is named by `server`. */
function withServer(rule: string, server: string): string {
  const { denies, pattern } = splitRule(rule);
  return `${denies ? "!" : ""}${server}:${pattern}`;
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
    const slug = serverIdOf(rule);
    const id = bySlug.get(slug);
    if (id === undefined) unknown ??= slug;
    else bound.push(withServer(rule, id));
  }
  // Sorted and unique, as D1 returns them.
  return { bound: [...new Set(bound)].toSorted(), unknown };
}

/** Names the server of a bound rule by its slug; null: it is gone. */
export function nameRule({ servers }: Servers, rule: string): string | null {
  const slug = servers.get(serverIdOf(rule))?.slug;
  return slug === undefined ? null : withServer(rule, slug);
}

/** Names the servers of bound rules by their slugs. */
export function nameRules(config: Servers, bound: string[]): string[] {
  return bound.flatMap((rule) => nameRule(config, rule) ?? []).toSorted();
}

/** A member or team whose rules name servers by slug. */
function nameHolder<T extends RuleHolder>(config: Servers, holder: T): T {
  const terms = Object.entries(holder.terms).flatMap(([rule, known]) => {
    const named = nameRule(config, rule);
    return named === null ? [] : [[named, known] as const];
  });
  return {
    ...holder,
    rules: nameRules(config, holder.rules),
    terms: Object.fromEntries(terms.toSorted(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/** A member as the management API shows it. */
export function toNamedMember(config: Servers, member: MemberRecord): NamedMember {
  return nameHolder(config, member);
}

/** A team as the management API shows it. */
export function toNamedTeam(config: Servers, team: TeamRecord): NamedTeam {
  return nameHolder(config, team);
}

/** A token as the management API shows it. Rules of servers that are gone are left out, and still allow nothing. */
export function toNamedToken(config: Servers, token: TokenRecord): NamedToken {
  return { ...token, tools: token.tools && nameRules(config, token.tools) };
}

/** What a rule holder has without some rules: its terms are those of the rules that stay. */
function keepRules<T extends RuleHolder>(holder: T, rules: string[]): T {
  const terms = Object.entries(holder.terms).filter(([rule]) => rules.includes(rule));
  const rulesVersion = holder.rulesVersion + 1;
  return { ...holder, rules, terms: Object.fromEntries(terms), rulesVersion };
}

/**
 * Adds to changes what removed servers and members take along: the rules that are bound to the servers, and the members'
 * places in teams. The statements that delete them in D1 do the same. A member or team that loses the last rule this way stays
 * restricted. What the changes set themselves has neither any more. `config` null: the workspace is new.
 */
export function withRemovals(config: Holders | null, changes: EntityChange[]): EntityChange[] {
  const listRemoved = (wanted: EntityChange["kind"]) =>
    new Set(
      changes.flatMap(({ kind, id, value }) => (kind === wanted && value === null ? [id] : [])),
    );
  const servers = listRemoved("server");
  const left = listRemoved("member");
  if (!config || servers.size + left.size === 0) return changes;
  const { members, teams } = config;
  const isSet = new Set(changes.map(({ kind, id }) => `${kind} ${id}`));
  const stays = (rule: string) => !servers.has(serverIdOf(rule));
  const losing = [...members.values()].flatMap((member): EntityChange[] => {
    if (isSet.has(`member ${member.id}`) || member.rules.every(stays)) return [];
    const value = keepRules(member, member.rules.filter(stays));
    return [{ kind: "member", id: member.id, value }];
  });
  const shrinking = [...teams.values()].flatMap((team): EntityChange[] => {
    if (isSet.has(`team ${team.id}`)) return [];
    const memberIds = team.memberIds.filter((id) => !left.has(id));
    const kept = team.rules.every(stays) ? team : keepRules(team, team.rules.filter(stays));
    if (kept === team && memberIds.length === team.memberIds.length) return [];
    return [{ kind: "team", id: team.id, value: { ...kept, memberIds } }];
  });
  return [...changes, ...losing, ...shrinking];
}

/** The number of rules that are bound to a server. */
export function countRules({ members, teams }: Holders, { id }: ServerRecord): number {
  const all = [...members.values(), ...teams.values()].flatMap(({ rules }) => rules);
  return all.filter((rule) => serverIdOf(rule) === id).length;
}
