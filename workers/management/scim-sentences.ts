import type { AuditAction } from "../contract/records/audit-actions.ts";
import { was, withList } from "./event-changes.ts";
import { joinWords, quote, type Detail, type Predicate } from "./event-details.ts";

/** The actions of these events. */
export type ScimAction = Extract<
  AuditAction,
  `scim_token.${string}` | `scim_user.${string}` | `scim_group.${string}`
>;

/** What a company’s directory has changed, and its tokens. */
export const SCIM_PREDICATES: Record<ScimAction, Predicate> = {
  "scim_token.created": ({ detail }) =>
    `created the SCIM token ${quote(detail.text("label"))} for the directory`,
  "scim_token.revoked": ({ detail }) => `revoked the SCIM token ${quote(detail.text("label"))}`,
  "scim_user.adopted": ({ object }) => `had the directory manage ${object}`,
  "scim_user.updated": ({ object, detail }) =>
    `changed ${object} as the directory says${describeNames(detail)}`,
  "scim_user.activated": ({ object }) =>
    `activated ${object} as the directory says: rules and role are as before, tokens are not`,
  "scim_user.deactivated": ({ object }) =>
    `deactivated ${object} as the directory says, and ended its tokens, sign-ins and API keys`,
  "scim_group.updated": ({ detail, nameOf }) =>
    `changed the team ${quote(detail.text("name"))} as the directory says: ${
      joinWords([
        ...listNames(detail),
        ...withList("put in", detail.texts("joined").map(nameOf)),
        ...withList("took out", detail.texts("left").map(nameOf)),
      ]) || "no field differs"
    }`,
  "scim_group.left": ({ detail }) =>
    `removed the group of the team ${quote(detail.text("name"))} in the directory: the team stays without members, because it has rules`,
};

function describeNames(detail: Detail): string {
  const names = listNames(detail);
  return names.length === 0 ? "" : `: ${joinWords(names)}`;
}

function listNames(detail: Detail): string[] {
  const before = detail.part("before");
  const changes: [string, string][] = [
    ["name", "the name is"],
    ["email", "the e-mail address is"],
    ["userName", "the user name is"],
    ["externalId", "the id in the directory is"],
  ];
  return changes.flatMap(([field, words]) => {
    const value = detail.text(field);
    const now = value === null ? "removed" : quote(value);
    return before.has(field) ? [`${words} ${now}${was(before.text(field))}`] : [];
  });
}
