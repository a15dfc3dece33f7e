import type { AuditAction } from "../contract/records/audit-actions.ts";
import { describeRuleChange, was, withList } from "./event-changes.ts";
import { joinWords, quote, toPlural, type Detail, type Predicate } from "./event-details.ts";

type TeamAction = Extract<AuditAction, `team.${string}` | "teams.handed_over" | "member.teams_set">;

/** What was changed of teams. */
export const TEAM_PREDICATES: Record<TeamAction, Predicate> = {
  "team.created": ({ detail, nameOf }) =>
    `created the team ${quote(detail.text("name"))}${describeMembers(detail.texts("members").map(nameOf))}`,
  "team.updated": ({ detail }) => `changed the team: ${listChanges(detail)}`,
  "team.deleted": ({ detail }) =>
    `removed the team ${quote(detail.text("name"))}, which had ${toPlural(detail.number("members"), "member")} and ${toPlural(detail.number("rules"), "rule")}`,
  "team.members_changed": ({ detail, nameOf }) => {
    const put = withList("put in", detail.texts("joined").map(nameOf));
    const took = withList("took out", detail.texts("left").map(nameOf));
    return `changed who is in the team ${quote(detail.text("name"))}: ${joinWords([...put, ...took])}`;
  },
  "team.rules_set": ({ detail }) =>
    describeRuleChange(`the team ${quote(detail.text("name"))}`, detail),
  "teams.handed_over": ({ detail }) =>
    joinWords([
      ...withList("had the directory decide who is in", detail.texts("directory").map(quote)),
      ...withList("had people decide who is in", detail.texts("people").map(quote)),
    ]),
  "member.teams_set": ({ object, detail }) =>
    `changed the teams of ${object} as the directory says: ${joinWords([
      ...withList("put in", detail.texts("joined").map(quote)),
      ...withList("took out of", detail.texts("left").map(quote)),
    ])}`,
};

function describeMembers(names: string[]): string {
  return names.length === 0 ? "" : ` with ${joinWords(names)}`;
}

function listChanges(detail: Detail): string {
  const before = detail.part("before");
  const managers: Record<string, string> = {
    people: "people decide who is in it",
    directory: "the directory decides who is in it",
  };
  return (
    joinWords([
      ...(detail.has("name")
        ? [`it is named ${quote(detail.text("name"))}${was(before.text("name"))}`]
        : []),
      ...(detail.has("managedBy") ? [managers[detail.text("managedBy") ?? ""] ?? "?"] : []),
      ...(detail.has("externalId") ? ["its id in the directory"] : []),
    ]) || "no field differs"
  );
}
