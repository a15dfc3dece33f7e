import type { RuleTerms } from "../../workers/contract/records/rule.ts";
import type { MemberRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type {
  ConfigurationDocument,
  DocumentPerson,
} from "../../workers/contract/versions/document.ts";
import type { RefusedDecision } from "../changes/change-decision.ts";
import { setRules, setTeamRules } from "../changes/rule-changes.ts";
import type { Holder } from "../changes/rule-holders.ts";
import { isAllowing, nameRule, nameRules, serverIdOf } from "../policy/rules.ts";
import type { Draft } from "./draft.ts";

/** Applies what people may call. No document makes a person a member, or removes one. */
export function applyRules(
  draft: Draft,
  { people }: ConfigurationDocument,
): RefusedDecision | null {
  for (const [index, person] of (people ?? []).entries()) {
    const member = findPerson(draft, person);
    const name = person.name ?? person.id ?? `people.${index}`;
    if (!member) {
      draft.leave(name, "There is no such member now: people join by invitation.");
      continue;
    }
    if (person.role !== undefined && person.role !== member.role)
      draft.leave(member.name, `The role stays: ${member.role}.`);
    const holder = { kind: "member", record: member } as const;
    // Who leaves a restricted team by this document stays restricted, although it says what was before.
    const isLeaver = member.isRestricted && !draft.wasRestricted(member.id);
    const access = isLeaver && !draft.command.restored ? { ...person, isRestricted: true } : person;
    const refusal = applyAccess(draft, holder, access, `people.${index} (${member.name})`);
    if (refusal) return refusal;
  }
  return null;
}

/** Gives a person, agent or team the rules of an entry. Those for servers that are not there are left out of a restored version. */
export function applyAccess(
  draft: Draft,
  { kind, record }: Holder,
  {
    rules,
    ends: given = {},
    isRestricted = rules.some(isAllowing) || record.isRestricted,
  }: AccessOf,
  place: string,
): RefusedDecision | null {
  const known = draft.command.restored
    ? rules.filter((rule) => draft.findServer(serverIdOf(rule)))
    : rules;
  if (known.length < rules.length)
    draft.leave(record.name, "Rules for servers that are not there are left out.");
  const { config, context } = draft;
  const endOf = (rule: string): number | null => given[rule] ?? null;
  const named = nameTerms(config, record);
  const isSame =
    isRestricted === record.isRestricted &&
    nameRules(config, record.rules).join("\n") === [...new Set(known)].toSorted().join("\n") &&
    known.every((rule) => endOf(rule) === (named[rule]?.endsAt ?? null));
  if (isSame) return null;
  // A rule that has ended since the version allows nothing, and stays away.
  const inForce = known.filter((rule) => !isPast(endOf(rule), named[rule], context.now));
  const input = {
    id: record.id,
    rules: inForce,
    ends: Object.fromEntries(inForce.map((rule) => [rule, endOf(rule)])),
    // Who loses the last rule with its server, or by its end, stays restricted.
    isRestricted: isRestricted || inForce.length < rules.length,
  };
  const decision =
    kind === "member"
      ? setRules(config, { type: "member.rules", ...input }, context)
      : setTeamRules(config, { type: "team.rules", ...input }, context);
  return draft.take(decision, record.name, place);
}

/** Whether a rule would be new, and has ended before. */
function isPast(endsAt: number | null, known: RuleTerms | undefined, now: number): boolean {
  return endsAt !== null && endsAt <= now && known?.endsAt !== endsAt;
}

/** The terms of a holder's rules, by rules that name servers by slug. */
function nameTerms(
  config: WorkspaceConfig,
  { terms }: Holder["record"],
): Record<string, RuleTerms> {
  const named = Object.entries(terms).flatMap(([rule, known]) => {
    const name = nameRule(config, rule);
    return name === null ? [] : [[name, known] as const];
  });
  return Object.fromEntries(named);
}

type AccessOf = Pick<DocumentPerson, "rules" | "ends" | "isRestricted">;

/** By id, else by a name that only one person has. */
function findPerson(draft: Draft, { id, name }: DocumentPerson): MemberRecord | undefined {
  const people = [...draft.config.members.values()].filter(({ agent }) => !agent);
  const found = people.find((person) => person.id === id);
  if (found || name === undefined) return found;
  const named = people.filter((person) => person.name === name);
  return named.length === 1 ? named[0] : undefined;
}
