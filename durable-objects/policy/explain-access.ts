import type {
  AccessDecision,
  AccessExplanation,
  AccessObstacle,
  RuleOfHolder,
} from "../../workers/contract/api/access-explanation.ts";
import { toAgentState } from "../../workers/contract/records/agents.ts";
import { NO_TERMS } from "../../workers/contract/records/rule.ts";
import type {
  MemberRecord,
  ServerRecord,
  TokenRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import { listInForce, type AccessPolicy } from "./access-policy.ts";
import { nameRule, serverIdOf } from "./rules.ts";
import { isInUse } from "./server-users.ts";
import { allowRules, narrowToolAccess, type ToolAccess } from "./tool-access.ts";

/** The configuration, and the policy that admission uses. */
interface Policed {
  config: WorkspaceConfig;
  policy: AccessPolicy;
}

/** What is asked about. `tool`: the server's own name; null: the whole server. */
export interface AccessSubject {
  member: MemberRecord;
  server: ServerRecord;
  tool: string | null;
}

/** A rule of a holder, with the servers by id. */
export interface BoundRule {
  bound: string;
  shown: RuleOfHolder;
}

/**
 * Pure: whether a member may call a tool, and why, by the permissions that admission uses. `obstacles`: what else is the matter
 * with the server and the tool.
 */
export function explainAccess(
  { config, policy }: Policed,
  { member, server, tool }: AccessSubject,
  obstacles: AccessObstacle[],
  now: number,
): AccessExplanation {
  const access = policy.accessOf(member, now);
  const isAllowedByRules = mayUse(access, server, tool);
  const all = listRules({ config, policy }, { member, server, tool }, now);
  const { decision, decidedBy } = decide(access, { member, server, tool }, all);
  const found = [...findMemberObstacles(config, member, now), ...obstacles];
  return {
    memberId: member.id,
    server: server.slug,
    tool,
    isAllowed: isAllowedByRules && found.length === 0,
    isAllowedByRules,
    decision,
    decidedBy: decidedBy?.shown ?? null,
    others: all.filter((rule) => rule !== decidedBy).map(({ shown }) => shown),
    obstacles: found,
    refusedTokens: isAllowedByRules
      ? listRefusedTokens({ config, policy }, access, { member, server, tool }, now)
      : [],
  };
}

/**
 * As `explainAccess`, of a server that a member may not know, or that is not there: both look the same, and the answer says no
 * more than a refusal.
 */
export function explainUnknownServer(
  { config }: Pick<Policed, "config">,
  member: MemberRecord,
  slug: string,
  tool: string | null,
  now: number,
): AccessExplanation {
  return {
    memberId: member.id,
    server: slug,
    tool,
    isAllowed: false,
    isAllowedByRules: false,
    decision: member.role === "auditor" ? "auditor" : "none",
    decidedBy: null,
    others: [],
    obstacles: [...findMemberObstacles(config, member, now), "unknown_server"],
    refusedTokens: [],
  };
}

/** Why admission's permissions allow or refuse it: the rule that decides, or what does without one. */
export function decide(
  access: ToolAccess,
  { member, server, tool }: AccessSubject,
  all: readonly BoundRule[],
): { decision: AccessDecision; decidedBy: BoundRule | null } {
  if (member.role === "auditor") return { decision: "auditor", decidedBy: null };
  const bound = access.findRule(server.id, tool);
  const decidedBy = findLongest(all.filter((rule) => rule.bound === bound && rule.shown.isInForce));
  if (bound?.startsWith("!")) return { decision: "denied", decidedBy };
  const { fullBy } = access;
  // A member never has the permissions of a workspace token.
  if (fullBy === "default_access" || fullBy === "enforcement_off")
    return { decision: fullBy, decidedBy: null };
  if (bound !== null) return { decision: "rule", decidedBy };
  const ended = findLongest(
    all.filter(({ shown }) => !shown.isInForce && shown.effect === "allows"),
  );
  return { decision: ended ? "ended" : "none", decidedBy: ended };
}

/** All rules of a member and of its teams that are about a tool, or of a whole server all of its rules. */
export function listRules(
  { config, policy }: Policed,
  { member, server, tool }: AccessSubject,
  now: number,
): BoundRule[] {
  const names = new Map([...config.members.values()].map(({ userId, name }) => [userId, name]));
  const holders = [
    { kind: "member" as const, record: member },
    ...policy.teamsOf(member.id).map((record) => ({ kind: "team" as const, record })),
  ];
  return holders.flatMap(({ kind, record }) => {
    const inForce = new Set(listInForce(record, now));
    return record.rules.flatMap((bound): BoundRule[] => {
      const rule = nameRule(config, bound);
      if (rule === null || !isAbout(bound, server, tool, policy)) return [];
      const terms = record.terms[bound] ?? NO_TERMS;
      const shown: RuleOfHolder = {
        rule,
        effect: bound.startsWith("!") ? "denies" : "allows",
        isInForce: inForce.has(bound),
        holder: { kind, id: record.id, name: record.name },
        ...terms,
        byName: (terms.by === null ? undefined : names.get(terms.by)) ?? null,
      };
      return [{ bound, shown }];
    });
  });
}

/** Whether a rule decides on a tool where it is the only one. */
function isAbout(
  bound: string,
  server: ServerRecord,
  tool: string | null,
  { classOf }: AccessPolicy,
): boolean {
  if (serverIdOf(bound) !== server.id) return false;
  if (tool === null) return true;
  const allowing = bound.startsWith("!") ? bound.slice(1) : bound;
  return allowRules([allowing], classOf, null, null).mayCall(server.id, tool);
}

function mayUse(access: ToolAccess, { id }: ServerRecord, tool: string | null): boolean {
  return tool === null ? access.mayUseServer(id) : access.mayCall(id, tool);
}

/** The rule that ends last; of several, the first: the member's own, then that of the oldest team. */
function findLongest(rules: BoundRule[]): BoundRule | null {
  const endOf = ({ shown }: BoundRule) => shown.endsAt ?? Infinity;
  const [first] = rules.toSorted((one, other) => {
    const [end, otherEnd] = [endOf(one), endOf(other)];
    return end === otherEnd ? 0 : otherEnd - end;
  });
  return first ?? null;
}

function findMemberObstacles(
  { workspace, members }: WorkspaceConfig,
  { agent, suspendedAt }: MemberRecord,
  now: number,
): AccessObstacle[] {
  const state = agent && toAgentState(agent, suspendedAt, members.get(agent.ownerId), now);
  return [
    ...(workspace.stopped ? (["workspace_stopped"] as const) : []),
    ...(state === "ended" ? (["agent_ended"] as const) : []),
    ...(state === "owner_removed" ? (["agent_owner_removed"] as const) : []),
    ...(suspendedAt !== null || state === "owner_suspended" ? (["member_suspended"] as const) : []),
  ];
}

/** The member's tokens in use that are refused although the member may call. */
function listRefusedTokens(
  { config, policy }: Policed,
  access: ToolAccess,
  { member, server, tool }: AccessSubject,
  now: number,
): AccessExplanation["refusedTokens"] {
  const causeOf = ({ tools, suspendedAt }: TokenRecord) => {
    if (suspendedAt !== null) return "token_suspended" as const;
    const narrowed = narrowToolAccess(access, tools, policy.classOf);
    return mayUse(narrowed, server, tool) ? null : ("token_tools" as const);
  };
  return [...config.tokens.values()].flatMap((token) => {
    const isOwn = token.memberId === member.id;
    if (!isOwn || !isInUse({ ...token, suspendedAt: null }, now)) return [];
    const cause = causeOf(token);
    return cause === null ? [] : [{ id: token.id, label: token.label, cause }];
  });
}
