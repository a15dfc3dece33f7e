import type { MemberRecord } from "../../workers/contract/records/workspace.ts";
import type {
  ConfigurationDocument,
  DocumentPerson,
} from "../../workers/contract/versions/document.ts";
import type { RefusedDecision } from "../changes/change-decision.ts";
import { setRules } from "../changes/rule-changes.ts";
import { nameRules } from "../policy/rules.ts";
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
    const refusal = applyAccess(draft, member, person, `people.${index} (${member.name})`);
    if (refusal) return refusal;
  }
  return null;
}

/** Gives a person or agent the rules of an entry. Those for servers that are not there are left out of a restored version. */
export function applyAccess(
  draft: Draft,
  member: MemberRecord,
  { rules, isRestricted = rules.length > 0 || member.isRestricted }: AccessOf,
  place: string,
): RefusedDecision | null {
  const known = draft.command.restored
    ? rules.filter((rule) => draft.findServer(rule.slice(0, rule.indexOf(":"))))
    : rules;
  if (known.length < rules.length)
    draft.leave(member.name, "Rules for servers that are not there are left out.");
  const isSame =
    isRestricted === member.isRestricted &&
    nameRules(draft.config, member.rules).join("\n") === [...new Set(known)].toSorted().join("\n");
  if (isSame) return null;
  const command = {
    type: "member.rules",
    id: member.id,
    rules: known,
    // A member who loses the last rule with its server stays restricted.
    isRestricted: isRestricted || known.length < rules.length,
  } as const;
  return draft.take(setRules(draft.config, command, draft.context), member.name, place);
}

type AccessOf = Pick<DocumentPerson, "rules" | "isRestricted">;

/** By id, else by a name that only one person has. */
function findPerson(draft: Draft, { id, name }: DocumentPerson): MemberRecord | undefined {
  const people = [...draft.config.members.values()].filter(({ agent }) => !agent);
  const found = people.find((person) => person.id === id);
  if (found || name === undefined) return found;
  const named = people.filter((person) => person.name === name);
  return named.length === 1 ? named[0] : undefined;
}
