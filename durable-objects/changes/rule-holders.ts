import type { RuleTerms } from "../../workers/contract/records/rule.ts";
import type { NamedTeam, TeamRecord } from "../../workers/contract/records/team.ts";
import type {
  EntityChange,
  MemberRecord,
  NamedMember,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import { escapeLine } from "../../workers/contract/text/hidden-characters.ts";
import { DAY_MS } from "../../workers/contract/units.ts";
import { isAllowing, nameRule, nameRules, toNamedMember, toNamedTeam } from "../policy/rules.ts";
import { refuse, type ChangeContext, type RefusedDecision } from "./change-decision.ts";

/** Most rules that a refusal names. */
const MAX_NAMED_RULES = 20;
/** How long a rule that has ended is kept, so that people see that it was there. */
const ENDED_RULES_KEPT_MS = 30 * DAY_MS;

/** A member or team, whose rules are changed in the same way. */
export type Holder =
  | { kind: "member"; record: MemberRecord }
  | { kind: "team"; record: TeamRecord };

/** The member or team with this id; undefined: there is none. */
export function findHolder(
  { members, teams }: WorkspaceConfig,
  kind: Holder["kind"],
  id: string,
): Holder | undefined {
  const member = kind === "member" ? members.get(id) : undefined;
  if (member) return { kind: "member", record: member };
  const team = kind === "team" ? teams.get(id) : undefined;
  return team && { kind: "team", record: team };
}

/** The change that stores a holder. */
export function toChange({ kind, record }: Holder): EntityChange {
  // A cast: the record is of its kind.
  return { kind, id: record.id, value: record } as EntityChange;
}

/** A holder as the management API shows it. */
export function toNamed(
  config: WorkspaceConfig,
  { kind, record }: Holder,
): NamedMember | NamedTeam {
  return kind === "member" ? toNamedMember(config, record) : toNamedTeam(config, record);
}

/** A holder's wanted rules. `ends`: when they end, by bound rule; one that it does not name keeps its end. */
export interface WantedRules {
  bound: string[];
  isRestricted: boolean | undefined;
  ends: Record<string, number | null>;
}

/**
 * A holder with other rules, sorted and unique, as D1 returns them. Who had or has any that allows is restricted, unless told
 * otherwise: one that denies only takes from the default access. A rule that is new, or gets another end, is of the actor from
 * now on. A change leaves out what ended long ago. What changes nothing keeps the version.
 */
export function withRules(
  holder: Holder,
  { bound, isRestricted: wanted, ends }: WantedRules,
  { now, actor }: ChangeContext,
): Holder {
  const { record } = holder;
  const isRestricted = wanted ?? (record.isRestricted || bound.some(isAllowing));
  const rules = [...new Set(bound)].toSorted();
  const terms = Object.fromEntries(
    rules.flatMap((rule): [string, RuleTerms][] => {
      const known = record.rules.includes(rule);
      const before = record.terms[rule];
      const endsAt = ends[rule] === undefined ? (before?.endsAt ?? null) : ends[rule];
      if (!known || endsAt !== (before?.endsAt ?? null))
        return [[rule, { endsAt, since: now, by: actor }]];
      return before ? [[rule, before]] : [];
    }),
  );
  const isSame =
    isRestricted === record.isRestricted &&
    rules.join("\n") === record.rules.join("\n") &&
    rules.every((rule) => terms[rule]?.endsAt === record.terms[rule]?.endsAt);
  if (isSame) return holder;
  const isKept = (rule: string) => (terms[rule]?.endsAt ?? now) > now - ENDED_RULES_KEPT_MS;
  const changed = {
    rules: rules.filter(isKept),
    terms: Object.fromEntries(Object.entries(terms).filter(([rule]) => isKept(rule))),
    isRestricted,
    rulesVersion: record.rulesVersion + 1,
  };
  return holder.kind === "member"
    ? { kind: "member", record: { ...holder.record, ...changed } }
    : { kind: "team", record: { ...holder.record, ...changed } };
}

/**
 * Refuses a change that was made against another version of the rules: it could give back a right that was taken away since.
 * Any change since counts, also one of other rules, because together they can mean something that no person chose.
 */
export function findConflict(
  config: WorkspaceConfig,
  { record }: Holder,
  version: number | undefined,
): RefusedDecision | undefined {
  if (version === undefined || version === record.rulesVersion) return undefined;
  const rules = nameRules(config, record.rules).map(escapeLine);
  const more = rules.length - MAX_NAMED_RULES;
  const named = [...rules.slice(0, MAX_NAMED_RULES), ...(more > 0 ? [`${more} more`] : [])].join(
    ", ",
  );
  const present =
    rules.length > 0 ? named : record.isRestricted ? "none" : "none, with the default access";
  return refuse(
    "conflict",
    `The rules of ${record.name} have changed since version ${version}. Version ${record.rulesVersion} has: ${present}. Nothing was changed; read the rules and send the change with the version that you have read.`,
  );
}

/** The ends of rules that a change gives, for its audit event; empty: it gives none. */
export function describeEnds(
  config: WorkspaceConfig,
  before: Holder,
  after: Holder,
): { ends?: Record<string, number | null> } {
  const changed = after.record.rules.filter(
    (rule) =>
      (after.record.terms[rule]?.endsAt ?? null) !== (before.record.terms[rule]?.endsAt ?? null),
  );
  if (changed.length === 0) return {};
  const ends = changed.flatMap((rule): [string, number | null][] => {
    const named = nameRule(config, rule);
    return named === null ? [] : [[named, after.record.terms[rule]?.endsAt ?? null]];
  });
  return { ends: Object.fromEntries(ends) };
}
