import type { WorkspaceMember } from "../../api/workspace.ts";

/** A change of rules: only what changes, and the members as the page showed them when the change was made. */
export interface RulesDifference {
  members: WorkspaceMember[];
  add: string[];
  remove: string[];
  /** When the added rules end, epoch ms; absent: see `RulesEdit`. */
  endsAt?: number | null;
  /** See `RulesEdit`. */
  isRestricted?: boolean;
}

/** A change that gives members the rules of another one, as the page showed them. */
export interface RulesCopying {
  members: WorkspaceMember[];
  copyFrom: WorkspaceMember;
}

/** A change of the rules of members. */
export type RulesChange = RulesDifference | RulesCopying;

/** A member before and after a change. */
export interface ChangedMember {
  before: WorkspaceMember;
  after: WorkspaceMember;
}

/** The member after a change, as the gateway carries it out. The version stays, because only the gateway gives one. */
export function applyChange(member: WorkspaceMember, change: RulesChange): WorkspaceMember {
  if ("copyFrom" in change) {
    const { rules, terms, isRestricted } = change.copyFrom;
    return { ...member, rules, terms, isRestricted: member.isRestricted || isRestricted };
  }
  const kept = member.rules.filter((rule) => !change.remove.includes(rule));
  const rules = [...new Set([...kept, ...change.add])].toSorted();
  const { endsAt } = change;
  const added = Object.fromEntries(
    endsAt === undefined
      ? []
      : change.add.map((rule) => [rule, { endsAt, since: null, by: null }] as const),
  );
  const isRestricted =
    change.isRestricted ?? (member.isRestricted || rules.some((rule) => !rule.startsWith("!")));
  return { ...member, rules, terms: { ...member.terms, ...added }, isRestricted };
}

/** Whether two states of a member's rules are the same. */
export function areRulesEqual(a: WorkspaceMember, b: WorkspaceMember): boolean {
  return (
    a.isRestricted === b.isRestricted &&
    a.rules.length === b.rules.length &&
    a.rules.every((rule) => b.rules.includes(rule))
  );
}

/** The differences that take changes back, one for all members with the same difference. */
export function invertChanges(changed: ChangedMember[]): RulesDifference[] {
  const inverses = changed.flatMap(({ before, after }): RulesDifference[] => {
    const endOf = (member: WorkspaceMember, rule: string) => member.terms[rule]?.endsAt ?? null;
    const isBack = (rule: string) =>
      !after.rules.includes(rule) || endOf(before, rule) !== endOf(after, rule);
    const back = Map.groupBy(before.rules.filter(isBack), (rule) => endOf(before, rule));
    const remove = after.rules.filter((rule) => !before.rules.includes(rule));
    const isSame = before.isRestricted === after.isRestricted;
    if (back.size === 0 && remove.length === 0 && isSame) return [];
    // Rules that come back end when they did: those with different ends are different changes.
    const [[endsAt, add] = [null, []], ...others] = [...back];
    return [
      {
        members: [after],
        add,
        remove,
        endsAt,
        ...(isSame ? {} : { isRestricted: before.isRestricted }),
      },
      ...others.map(([end, rules]) => ({
        members: [after],
        add: rules,
        remove: [],
        endsAt: end,
      })),
    ];
  });
  const groups = Map.groupBy(inverses, ({ add, remove, endsAt, isRestricted }) =>
    JSON.stringify([add, remove, endsAt, isRestricted]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ ...first, members: group.flatMap(({ members }) => members) }] : [];
  });
}

/** Adds members of an API response to a list of all members. */
export function replaceMembers(
  all: WorkspaceMember[],
  changed: WorkspaceMember[],
): WorkspaceMember[] {
  const byId = new Map(changed.map((member) => [member.id, member]));
  return all.map((member) => byId.get(member.id) ?? member);
}
