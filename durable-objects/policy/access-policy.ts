import type { RuleHolder } from "../../workers/contract/records/rule.ts";
import type { TeamRecord } from "../../workers/contract/records/team.ts";
import type { MemberRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import {
  allowRules,
  FULL_ACCESS,
  NO_CLASSES,
  type ClassOf,
  type ToolAccess,
} from "./tool-access.ts";

/** What members may call, for one state of the configuration. The one place that decides it. */
export class AccessPolicy {
  readonly #workspace: WorkspaceConfig["workspace"];
  readonly classOf: ClassOf;
  readonly #teams: WorkspaceConfig["teams"];
  #teamsOf: Map<string, TeamRecord[]> | null = null;

  constructor(
    { workspace, teams }: Pick<WorkspaceConfig, "workspace" | "teams">,
    classOf: ClassOf = NO_CLASSES,
  ) {
    this.#workspace = workspace;
    this.#teams = teams;
    this.classOf = classOf;
  }

  /** The teams that a member is in, by the time of their creation. */
  teamsOf(memberId: string): readonly TeamRecord[] {
    this.#teamsOf ??= indexTeams(this.#teams);
    return this.#teamsOf.get(memberId) ?? [];
  }

  /**
   * The permissions of a member at a time (epoch ms); null: a workspace token, which has all. An auditor has none. While
   * enforcement is off, every other member has all. Otherwise the rules of the member and of its teams decide together: what
   * one of them denies is denied, and of the rest, what one of them allows is allowed. A member who is not restricted, and in
   * no team that is, has the workspace's default access instead, without what is denied.
   */
  accessOf(member: MemberRecord | null, now: number): ToolAccess {
    if (!member) return FULL_ACCESS;
    const { enforcement, defaultAccess } = this.#workspace;
    if (member.role === "auditor") return allowRules([], this.classOf, null, null);
    if (!enforcement) return { ...FULL_ACCESS, fullBy: "enforcement_off" };
    const holders = [member, ...this.teamsOf(member.id)];
    const rules = [...new Set(holders.flatMap((holder) => listInForce(holder, now)))];
    const isOpen = defaultAccess === "open" && holders.every(({ isRestricted }) => !isRestricted);
    const fullBy = isOpen ? "default_access" : null;
    return allowRules(rules, this.classOf, fullBy, findNextEnd(holders, now));
  }
}

/** The rules that are in force at a time. */
export function listInForce({ rules, terms }: RuleHolder, now: number): string[] {
  return rules.filter((rule) => !hasEnded(terms[rule]?.endsAt ?? null, now));
}

/** The next time at which one of the rules ends; null: none does. */
function findNextEnd(holders: readonly RuleHolder[], now: number): number | null {
  const ends = holders.flatMap(({ terms }) =>
    Object.values(terms).flatMap(({ endsAt }) =>
      endsAt === null || hasEnded(endsAt, now) ? [] : [endsAt],
    ),
  );
  return ends.length > 0 ? Math.min(...ends) : null;
}

function hasEnded(endsAt: number | null, now: number): boolean {
  return endsAt !== null && endsAt <= now;
}

function indexTeams(teams: WorkspaceConfig["teams"]): Map<string, TeamRecord[]> {
  const index = new Map<string, TeamRecord[]>();
  for (const team of [...teams.values()].toSorted(byAge)) {
    for (const id of team.memberIds) {
      const known = index.get(id);
      if (known) known.push(team);
      else index.set(id, [team]);
    }
  }
  return index;
}

function byAge(one: TeamRecord, other: TeamRecord): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);
}
