import type { WorkspaceMember } from "../../api/workspace.ts";

/** A change of rules: only what changes, and the members as the page showed them when the change was made. */
export interface RulesDifference {
  members: WorkspaceMember[];
  add: string[];
  remove: string[];
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
    const { rules, isRestricted } = change.copyFrom;
    return { ...member, rules, isRestricted: member.isRestricted || isRestricted };
  }
  const kept = member.rules.filter((rule) => !change.remove.includes(rule));
  const rules = [...new Set([...kept, ...change.add])].toSorted();
  const isRestricted = change.isRestricted ?? (member.isRestricted || rules.length > 0);
  return { ...member, rules, isRestricted };
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
    if (areRulesEqual(before, after)) return [];
    return [
      {
        members: [after],
        add: before.rules.filter((rule) => !after.rules.includes(rule)),
        remove: after.rules.filter((rule) => !before.rules.includes(rule)),
        ...(before.isRestricted === after.isRestricted
          ? {}
          : { isRestricted: before.isRestricted }),
      },
    ];
  });
  const groups = Map.groupBy(inverses, ({ add, remove, isRestricted }) =>
    JSON.stringify([add, remove, isRestricted]),
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
