import type { AccessSuggestion, UsedTool } from "../../workers/contract/api/access-suggestions.ts";
import type { RuleHolder } from "../../workers/contract/records/rule.ts";
import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import { listInForce, type AccessPolicy } from "./access-policy.ts";
import type { ServerTool } from "./access-preview.ts";
import { nameRules, splitRule } from "./rules.ts";
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
  const kept =
    access.fullBy === null
      ? rules.flatMap((rule) => keepUsed(rule, policy, allowed, new Set(used)))
      : [...rules, ...used.map(toRule)];
  return [
    {
      kind,
      id: holder.id,
      name: holder.name,
      allowedTools: allowed.length,
      usedTools: used.length,
      rules: nameRules(config, rules),
      rulesVersion: holder.rulesVersion,
      suggestedRules: nameRules(config, [...new Set(kept)]),
      recentRules: nameRules(
        config,
        rules.filter((rule) => (holder.terms[rule]?.since ?? 0) > since),
      ),
    },
  ];
}

/** What remains of a rule: itself, if it denies or all that it allows is used; otherwise a rule for each tool that is used. */
function keepUsed(
  rule: string,
  { classOf }: AccessPolicy,
  allowed: ServerTool[],
  used: Set<ServerTool>,
): string[] {
  const { denies, server: serverId } = splitRule(rule);
  if (denies) return [rule];
  const alone = allowRules([rule], classOf, null, null);
  const covered = allowed.filter(
    ({ server, name }) => server.id === serverId && alone.mayCall(server.id, name),
  );
  const kept = covered.filter((tool) => used.has(tool));
  return covered.length > 0 && kept.length === covered.length ? [rule] : kept.map(toRule);
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
