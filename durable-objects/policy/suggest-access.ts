import type { AccessSuggestion, UsedTool } from "../../workers/contract/api/access-suggestions.ts";
import { splitRule, type RuleHolder } from "../../workers/contract/records/rule.ts";
import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import { listInForce, type AccessPolicy } from "./access-policy.ts";
import type { ServerTool } from "./access-preview.ts";
import { nameRules } from "./rules.ts";
import { allowRules, type ToolAccess } from "./tool-access.ts";

interface Policed {
  config: WorkspaceConfig;
  policy: AccessPolicy;
}

/** What was called, and since when that is known (epoch ms). */
interface KnownUse {
  used: UsedTool[];
  since: number;
}

/**
 * Pure: for each member and team that may call more than was called, the rules that would remain. Suspended members and auditors
 * are left out.
 */
export function suggestAccess(
  { config, policy }: Policed,
  tools: ServerTool[],
  { used, since }: KnownUse,
  now: number,
): AccessSuggestion[] {
  const enabled = tools.filter(({ server }) => server.enabled);
  const usedBy = indexUse(used);
  const members = [...config.members.values()]
    .filter(({ suspendedAt, role }) => suspendedAt === null && role !== "auditor")
    .flatMap((member) => {
      const access = policy.accessOf(member, now);
      const isUsed = (tool: ServerTool) => usedBy.get(member.id)?.has(toUseKey(tool)) === true;
      return suggest(
        { config, policy },
        "member",
        member,
        { access, tools: enabled, isUsed, since },
        now,
      );
    });
  const teams = [...config.teams.values()].flatMap((team) => {
    const access = allowRules(listInForce(team, now), policy.classOf, null, null);
    const isUsed = (tool: ServerTool) =>
      team.memberIds.some((id) => usedBy.get(id)?.has(toUseKey(tool)) === true);
    return suggest(
      { config, policy },
      "team",
      team,
      { access, tools: enabled, isUsed, since },
      now,
    );
  });
  const unusedOf = ({ allowedTools, usedTools }: AccessSuggestion) => allowedTools - usedTools;
  return [...members, ...teams].toSorted((one, other) => unusedOf(other) - unusedOf(one));
}

/** The suggestion for one holder; empty: it uses all that it may, or may nothing. */
function suggest(
  { config, policy }: Policed,
  kind: AccessSuggestion["kind"],
  holder: RuleHolder & { id: string; name: string },
  found: {
    access: ToolAccess;
    tools: ServerTool[];
    isUsed: (tool: ServerTool) => boolean;
    since: number;
  },
  now: number,
): AccessSuggestion[] {
  const { access, since } = found;
  const allowed = found.tools.filter(({ server, name }) => access.mayCall(server.id, name));
  const used = allowed.filter(found.isUsed);
  if (used.length === allowed.length) return [];
  const rules = listInForce(holder, now);
  // Who has the default access has no rule that could be narrowed: what is called becomes the rules.
  const kept = rules.flatMap((rule) => keepUsed(rule, policy, { ...found, allowed, used }));
  const added =
    access.fullBy === null ? [] : used.map((tool) => ({ rule: toRule(tool), of: null }));
  const suggested = [...new Set([...kept, ...added].map(({ rule }) => rule))];
  // What this holder may call beyond its use comes from elsewhere, for example from a team.
  if (access.fullBy === null && isSameSet(suggested, rules)) return [];
  const ends = suggested.flatMap((rule) => {
    const endsAt = findEnd(holder, [...kept, ...added], rule);
    return endsAt === null ? [] : nameRules(config, [rule]).map((name) => [name, endsAt] as const);
  });
  return [
    {
      kind,
      id: holder.id,
      name: holder.name,
      allowedTools: allowed.length,
      usedTools: used.length,
      rules: nameRules(config, rules),
      rulesVersion: holder.rulesVersion,
      suggestedRules: nameRules(config, suggested),
      ends: Object.fromEntries(ends),
      recentRules: nameRules(
        config,
        rules.filter((rule) => (holder.terms[rule]?.since ?? 0) > since),
      ),
    },
  ];
}

/** A rule that remains, and the rule that it comes from; null: the default access. */
interface KeptRule {
  rule: string;
  of: string | null;
}

/**
 * What remains of a rule: itself, if it denies, if all that it allows is used, or if nothing is known of its server's tools;
 * otherwise a rule for each tool that is used.
 */
function keepUsed(
  rule: string,
  { classOf }: AccessPolicy,
  { tools, allowed, used }: Record<"tools" | "allowed" | "used", ServerTool[]>,
): KeptRule[] {
  const { denies, server: serverId } = splitRule(rule);
  const ofServer = tools.filter(({ server }) => server.id === serverId);
  if (denies || ofServer.length === 0) return [{ rule, of: rule }];
  const alone = allowRules([rule], classOf, null, null);
  const covered = ofServer.filter(
    (tool) => alone.mayCall(serverId, tool.name) && allowed.includes(tool),
  );
  const kept = covered.filter((tool) => used.includes(tool));
  return covered.length > 0 && kept.length === covered.length
    ? [{ rule, of: rule }]
    : kept.map((tool) => ({ rule: toRule(tool), of: rule }));
}

/** When a kept rule ends: with the last of the rules that it comes from; null: one of them does not end. */
function findEnd({ terms }: RuleHolder, kept: KeptRule[], rule: string): number | null {
  const sources = kept.filter((one) => one.rule === rule);
  const ends = sources.map(({ of }) => (of === null ? null : (terms[of]?.endsAt ?? null)));
  return ends.reduce((last, endsAt) =>
    last === null || endsAt === null ? null : Math.max(last, endsAt),
  );
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((rule) => other.includes(rule));
}

function toRule({ server, name }: ServerTool): string {
  return `${server.id}:${name}`;
}

function indexUse(used: UsedTool[]): Map<string, Set<string>> {
  const index = new Map<string, Set<string>>();
  for (const { memberId, serverSlug, toolName } of used) {
    const known = index.get(memberId) ?? new Set();
    index.set(memberId, known.add(`${serverSlug} ${toolName}`));
  }
  return index;
}

function toUseKey({ server, name }: ServerTool): string {
  return `${server.slug} ${name}`;
}
