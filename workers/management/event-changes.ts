import { OauthSettings } from "../contract/records/oauth.ts";
import { joinWords, quote, toDate, toPlural, type Detail } from "./event-details.ts";

const SETTINGS: Record<string, (value: unknown) => string> = {
  name: (value) => `renamed the workspace to ${quote(String(value))}`,
  enforcement: (value) => `turned the enforcement of rules ${value === true ? "on" : "off"}`,
  defaultAccess: (value) =>
    value === "open"
      ? "let people who never had a rule call everything"
      : "let members without rules call nothing",
  publicRegistry: (value) =>
    value === true
      ? "opened the registry to readers without a token"
      : "closed the registry to readers without a token",
  oauth: (value) => describeOauth(OauthSettings.parse(value)),
  retentionDays: (value) => `set the retention to ${toPlural(Number(value), "day")}`,
};

function describeOauth({ enabled, clients, hosts, accessHours, idleDays }: OauthSettings): string {
  if (!enabled) return "turned sign-in from clients off";
  const who = {
    any: "from any client",
    verified: "from clients with a verified host",
    listed: `from clients of ${hosts.join(", ") || "no host"}`,
  }[clients];
  return `let people sign in ${who}, with access tokens of ${toPlural(accessHours, "hour")} and grants that end after ${toPlural(idleDays, "day")} without use`;
}

/** Changed settings of a workspace, with the values before. */
export function describeSettings(detail: Detail): string {
  const before = detail.part("before");
  const described = Object.entries(SETTINGS).flatMap(([field, describe]) => {
    if (!detail.has(field)) return [];
    // The others have only one other value.
    const old = ["name", "retentionDays"].includes(field) ? before.shown(field) : null;
    return [describe(detail.value(field)) + was(old)];
  });
  const [limits, old] = [detail.part("limits"), before.part("limits")];
  const LIMITS = { perTokenPerMinute: "per token", perAddressPerMinute: "per address" };
  for (const [field, words] of Object.entries(LIMITS)) {
    const isSame = old.has(field) && old.shown(field) === limits.shown(field);
    if (limits.has(field) && !isSame)
      described.push(
        `set the limit ${words} to ${limits.shown(field)} requests a minute${was(old.shown(field))}`,
      );
  }
  return joinWords(described) || "saved the settings without a change";
}

const SERVER_FIELDS: Record<string, string> = {
  name: "name",
  url: "URL",
  prefix: "prefix",
  position: "position",
  longestCallSeconds: "longest call in seconds",
  longestSilenceSeconds: "longest silence in seconds",
  headers: "headers",
  origin: "entry of the marketplace",
};

/** Changed fields of a server, with the values before. */
export function listServer(detail: Detail): string {
  const before = detail.part("before");
  const fields = Object.entries(SERVER_FIELDS).flatMap(([field, label]) =>
    detail.has(field) ? [`${label} ${detail.shown(field)}${was(before.shown(field))}`] : [],
  );
  const isEnabled = detail.value("enabled");
  return (
    joinWords([
      ...(typeof isEnabled === "boolean" ? [isEnabled ? "enabled it" : "disabled it"] : []),
      ...fields,
      ...withList("set the credentials", detail.texts("credentialsSet")),
      ...withList("removed the credentials", detail.texts("credentialsRemoved")),
      ...(detail.has("isDisconnected") ? ["ended the sign-in, which was for the URL before"] : []),
    ]) || "no field differs"
  );
}

/** Added and removed rules of members, and what they could call before. */
export function describeRuleChange(who: string, detail: Detail): string {
  const isDenial = (rule: string) => rule.startsWith("!");
  const allowing = (rules: string[]) => rules.filter((rule) => !isDenial(rule));
  const [added, removed] = [allowing(detail.texts("added")), allowing(detail.texts("removed"))];
  const [denied, undenied] = [
    detail.texts("added").filter(isDenial),
    detail.texts("removed").filter(isDenial),
  ];
  const hadAll = detail.text("allowedBefore") === "all";
  const already = new Set(detail.texts("alreadyAllowed"));
  const isNew = detail.has("allowedBefore") && !hadAll && !added.some((rule) => already.has(rule));
  const sentences = [
    ...(added.length > 0
      ? [`allowed ${who} to call ${toTools(added)}${isNew ? " (could not before)" : ""}`]
      : []),
    ...(removed.length > 0
      ? [`took away from ${who} the permission to call ${toTools(removed)} (could before)`]
      : []),
  ];
  if (denied.length > 0) sentences.push(`denied ${who} ${toTools(denied)}`);
  if (undenied.length > 0) sentences.push(`ended the denial of ${toTools(undenied)} for ${who}`);
  sentences.push(...describeEnds(detail));
  const isRestricted = detail.value("isRestricted");
  if (isRestricted === true)
    sentences.push(`restricted ${who} to rules${hadAll ? " (could call everything before)" : ""}`);
  if (isRestricted === false) sentences.push(`gave ${who} the default access of the workspace`);
  return joinWords(sentences) || `saved the rules of ${who} without a change`;
}

/** "until 2026-12-04" for the rules that end; empty: none does. */
function describeEnds(detail: Detail): string[] {
  const ends = Object.entries(detail.value("ends") ?? {}).flatMap(([rule, at]) =>
    typeof at === "number"
      ? [`let ${toTools([rule])} end on ${toDate(at)}`]
      : [`let ${toTools([rule])} go on without an end`],
  );
  const at = detail.number("endsAt");
  return at === 0 ? ends : [`let these rules end on ${toDate(at)}`];
}

/** "everything of github", "create_issue of github", "the read-only tools of github". */
export function toTools(rules: string[]): string {
  return joinWords(
    rules.map((rule) => {
      const colon = rule.indexOf(":");
      const tool = rule.slice(colon + 1);
      const ofClass = /^\*\[(.+)\]$/.exec(tool)?.[1];
      const what = ofClass === undefined ? tool : `the ${ofClass} tools`;
      return `${tool === "*" ? "everything" : what} of ${rule.slice(rule.startsWith("!") ? 1 : 0, colon)}`;
    }),
  );
}

/** What a document or an earlier version has changed: ": added the servers a, b, and changed the rules of 2 people". */
export function describeApplication(detail: Detail): string {
  const [people, agents] = [detail.number("people"), detail.number("agents")];
  const teams = detail.number("teams");
  const words = joinWords([
    ...withList("added the servers", detail.texts("added")),
    ...withList("changed the servers", detail.texts("changed")),
    ...withList("removed the servers", detail.texts("removed")),
    ...(detail.value("isReordered") === true ? ["changed the order of the servers"] : []),
    ...(detail.number("settings") > 0 ? ["changed the settings"] : []),
    ...(people > 0
      ? [`changed the rules of ${people === 1 ? "one person" : `${people} people`}`]
      : []),
    ...(teams > 0 ? [`changed ${toPlural(teams, "team")}`] : []),
    ...(agents > 0 ? [`changed ${toPlural(agents, "agent")}`] : []),
  ]);
  return words === "" ? "" : `: ${words}`;
}

/** A list of names after words; nothing for no names. */
export function withList(words: string, names: string[]): string[] {
  return names.length === 0 ? [] : [`${words} ${names.join(", ")}`];
}

/** The value before, in parentheses; empty if it is not known. */
export function was(value: string | null | undefined): string {
  return value ? ` (was ${value})` : "";
}
