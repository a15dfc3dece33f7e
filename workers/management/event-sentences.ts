import type { Event } from "../contract/api/resources.ts";
import { PERSON, type AuditAction } from "../contract/records/audit-actions.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import { escapeLine } from "../contract/text/hidden-characters.ts";
import { ACCESS_REQUEST_PREDICATES } from "./access-request-sentences.ts";
import { AGENT_PREDICATES } from "./agent-sentences.ts";
import { ALERT_PREDICATES } from "./alert-sentences.ts";
import { ASSERTION_PREDICATES } from "./assertion-sentences.ts";
import { CONNECTION_PREDICATES } from "./connection-sentences.ts";
import { CONTRACT_PREDICATES } from "./contract-sentences.ts";
import {
  describeApplication,
  describeRuleChange,
  describeSettings,
  listServer,
  was,
  withList,
} from "./event-changes.ts";
import {
  Detail,
  joinWords,
  quote,
  toDate,
  toPlural,
  type Parts,
  type Predicate,
} from "./event-details.ts";
import { describeApprover, describeAutomatic, describeFollowValues } from "./follow-sentences.ts";
import { IDENTITY_PREDICATES } from "./identity-sentences.ts";
import { MARKETPLACE_PREDICATES } from "./marketplace-sentences.ts";
import { TEAM_PREDICATES } from "./team-sentences.ts";
import { describeGrantEnd, describeToken, listTokenChanges } from "./token-sentences.ts";

type Actor = Pick<Event, "actor" | "actorName" | "hasActorLeft">;

const ROLES: Record<string, string> = {
  owner: "an owner",
  admin: "an admin",
  auditor: "an auditor",
  member: "a member",
};
const METHODS: Record<string, string> = {
  passkey: "with a passkey",
  access: "through Cloudflare Access",
  "recovery-code": "with a recovery code",
  company: "by the company’s sign-in",
};
const END_REASONS: Record<string, string> = { role_changed: "because the role changed" };

/** The predicate of every action. */
const PREDICATES: Record<AuditAction, Predicate> = {
  "workspace.created": ({ object }) => `created the workspace ${object}`,
  "workspace.updated": ({ detail }) => describeSettings(detail),
  "workspace.deleted": ({ object }) => `deleted the workspace ${object}`,
  "workspace.stopped": () => "stopped all calls",
  "workspace.stop_lifted": ({ detail }) =>
    `let clients call again${untilDate("they were stopped on", detail, "stoppedAt")}`,
  "workspace.key_rewrapped": () => "wrapped the workspace’s data key with the first master key",
  "workspace.version_restored": ({ detail }) =>
    `went back to version ${detail.number("version")}${describeApplication(detail)}`,
  "workspace.configuration_applied": ({ detail }) =>
    `applied a configuration document${describeApplication(detail)}`,
  "workspace.plan_set": ({ detail }) => `set the hosting plan to ${detail.text("plan") ?? "?"}`,
  "server.created": ({ object, detail }) =>
    `added the server ${object}${detail.has("contractDigest") ? `, and approved ${toPlural(detail.number("count"), "definition")} of it` : ""}`,
  "server.updated": ({ object, detail }) => `changed the server ${object}: ${listServer(detail)}`,
  "server.deleted": ({ object, detail }) => `removed the server ${object}${describeRules(detail)}`,
  ...CONNECTION_PREDICATES,
  ...CONTRACT_PREDICATES,
  "server.reordered": ({ detail }) =>
    `put the servers into the order ${detail.texts("slugs").join(", ")}`,
  "member.created": ({ actor, object, detail }) => {
    const role = ROLES[detail.text("role") ?? ""] ?? "a member";
    return actor === object ? `joined as ${role}` : `added ${object} as ${role}`;
  },
  "member.updated": describeMember,
  "member.joined": ({ actor, object }) =>
    actor === object ? "joined the workspace" : `accepted the invitation of ${object}`,
  "member.deleted": ({ object, detail }) => {
    const tokens = detail.texts("revokedTokens").length;
    const agents = detail.texts("endedAgents");
    const ended = agents.length === 0 ? "" : `, which ended the agents ${joinWords(agents)}`;
    const accounts = detail.number("endedAccounts");
    const disconnected =
      accounts === 0 ? "" : `, and disconnected ${toPlural(accounts, "account")}`;
    return `removed ${object}${tokens === 0 ? "" : ` and revoked ${toPlural(tokens, "token")}`}${disconnected}${ended}`;
  },
  "member.invited": ({ object, detail }) =>
    `invited ${object}${untilDate("the link is valid until", detail)}`,
  "member.uninvited": ({ object }) => `withdrew the invitation of ${object}`,
  ...TEAM_PREDICATES,
  ...ACCESS_REQUEST_PREDICATES,
  ...ALERT_PREDICATES,
  "member.rules_set": ({ object, detail }) => describeRuleChange(object, detail),
  "member.rules_edited": ({ detail, nameOf }) =>
    describeRuleChange(
      joinWords([
        ...detail.texts("members").map(nameOf),
        ...detail.texts("teams").map((name) => `the team ${quote(name)}`),
      ]),
      detail,
    ),
  ...IDENTITY_PREDICATES,
  ...AGENT_PREDICATES,
  ...ASSERTION_PREDICATES,
  "member.suspended": ({ object }) => `suspended ${object}`,
  "member.suspension_lifted": ({ object }) => `lifted the suspension of ${object}`,
  "token.created": (parts) =>
    `created ${describeToken(parts)}${untilDate("it expires on", parts.detail)}`,
  "token.updated": (parts) => `changed ${describeToken(parts)}: ${listTokenChanges(parts.detail)}`,
  "token.rotated": (parts) => `gave ${describeToken(parts)} a new value`,
  "token.revoked": (parts) => `revoked ${describeToken(parts)}`,
  "grant.created": ({ detail }) =>
    `signed in from the client ${quote(detail.text("label"))} (${detail.text("client") ?? "?"})`,
  "grant.ended": (parts) => `ended ${describeToken(parts)}: ${describeGrantEnd(parts.detail)}`,
  "token.suspended": (parts) => `suspended ${describeToken(parts)}`,
  "token.suspension_lifted": (parts) => `lifted the suspension of ${describeToken(parts)}`,
  "client.blocked": ({ detail }) => `blocked ${describeClient(detail)}`,
  "client.unblocked": ({ detail }) => `unblocked ${describeClient(detail)}`,
  "api_key.created": ({ detail }) =>
    `created the API key ${quote(detail.text("label"))} with the role ${detail.text("role") ?? "?"}${untilDate("it expires on", detail)}`,
  "api_key.revoked": ({ detail }) => `revoked the API key ${quote(detail.text("label"))}`,
  "instance.created": ({ object }) => `deployed the hosted server ${object}`,
  "instance.restarted": ({ object, detail }) =>
    `restarted the hosted server ${object}${describeValues(detail)}`,
  "instance.terminated": ({ object, detail }) =>
    `terminated the hosted server ${object}${describeRules(detail)}`,
  "instance.health_changed": ({ object, detail }) =>
    `found the hosted server ${object} ${detail.text("health") ?? "changed"}${describeReason(detail)}`,
  "instance.version_switched": ({ object, detail }) =>
    `switched the hosted server ${object} from version ${detail.part("before").text("version") ?? "?"} to ${detail.text("version") ?? "?"}${detail.has("contractDigest") ? ", and set what is approved of it" : ""}`,
  "instance.version_put_back": ({ object, detail }) =>
    `put the hosted server ${object} back to version ${detail.text("version") ?? "?"}, because ${detail.part("before").text("version") ?? "another one"} did not start: ${detail.text("message") ?? "?"}`,
  "instance.pending": ({ object, detail }) =>
    `put the hosted server ${object} into the queue${describeReason(detail)}`,
  "instance.starting": ({ object }) => `began to start the hosted server ${object}`,
  "instance.running": ({ object }) => `started the hosted server ${object}`,
  "instance.failed": ({ object, detail }) =>
    `could not start the hosted server ${object}${describeReason(detail)}`,
  "followed_registry.created": ({ object, detail }) =>
    `followed the registry ${object} for ${detail.text("pattern") ?? "?"}${describeFollowValues(detail)}`,
  "followed_registry.updated": ({ object, detail }) =>
    `changed how the registry ${object} is followed, for ${detail.text("pattern") ?? "?"}${describeFollowValues(detail)}`,
  "followed_registry.removed": ({ object }) => `stopped following the registry ${object}`,
  "followed_registry.plan_approved": ({ object, detail }) =>
    `approved ${toPlural(detail.texts("entries").length, "proposal")} of the followed registry ${object}${describeAutomatic(detail)}`,
  "session.started": ({ detail }) => `signed in ${METHODS[detail.text("method") ?? ""] ?? ""}`,
  "session.stepped_up": () => "confirmed an action with a passkey",
  "session.ended": () => "signed out",
  "session.others_ended": () => "ended all other sessions",
  "session.all_ended": ({ object, detail }) =>
    `ended all sessions of ${object} ${END_REASONS[detail.text("reason") ?? ""] ?? ""}`,
  "passkey.added": ({ detail }) => `added a passkey${describeLabel(detail)}`,
  "passkey.renamed": ({ detail }) => {
    const old = describeLabel(detail.part("before"));
    return `renamed ${old === "" ? "a" : "the"} passkey${old}${old && " to"}${describeLabel(detail)}`;
  },
  "passkey.removed": ({ detail }) => `removed a passkey${describeLabel(detail)}`,
  "recovery_codes.replaced": () => "created new recovery codes",
  "recovery_code.refused": ({ object }) =>
    `tried a recovery code of ${object} that was used before, and was refused`,
  "setup_link.created": () => "created a setup link",
  "recovery_link.created": ({ object }) => `created a recovery link for ${object}`,
  "user.created": ({ actor, object }) =>
    actor === object ? "created the account" : `created the account of ${object}`,
  "user.updated": ({ actor, object, detail }) => {
    const oldName = detail.part("before").text("name");
    if (oldName !== null)
      return `renamed the account ${quote(oldName)} to ${quote(detail.text("name"))}`;
    return actor === object ? "changed the account" : `changed the account of ${object}`;
  },
  "user.recovered": () => "recovered the account with a recovery link",
  "server.generated": ({ detail }) =>
    detail.text("source") === "template"
      ? "had a server made from a form in the workshop"
      : "had a server written by a model in the workshop",
  "host.registered": ({ detail }) => `added the container host ${detail.text("url") ?? "?"}`,
  "host.updated": ({ object, detail }) =>
    `changed the container host ${object}${hostState(detail)}`,
  "host.removed": ({ detail }) => `removed the container host ${detail.text("url") ?? "?"}`,
  ...MARKETPLACE_PREDICATES,
  "call_numbers.skipped": ({ detail }) =>
    `did not use the call numbers ${detail.number("first")} to ${detail.number("last")}`,
  "audit.exported": ({ object, detail }) =>
    `exported the ${object === "tool-calls" ? "calls" : "changes"} as ${(detail.text("format") ?? "a file").toUpperCase()}`,
};

/** The subject of an event's sentence. */
function toSubject({ actor, actorName, hasActorLeft }: Actor): string {
  if (actor.startsWith("flw_"))
    return `The followed registry ${actorName ?? "that was removed since"}`;
  if (actor.startsWith("key_")) return `API key ${actorName ?? actor}`;
  if (actorName !== null) return hasActorLeft ? `${actorName} (removed)` : actorName;
  const OTHERS: Record<string, string> = {
    operator: "The operator",
    system: "The gateway",
    anonymous: "Somebody",
    directory: "The directory",
  };
  return OTHERS[actor] ?? "An unknown person";
}

/**
 * An event as a sentence without a full stop: "Ada made Ben an admin (was a member)". An action of another release has a
 * readable form of its name. Hidden characters are escaped.
 */
export function toSentence(
  event: AuditEvent & Actor & Pick<Event, "objectName">,
  nameOf: (id: string) => string,
): string {
  const action = event.action.startsWith(PERSON) ? event.action.slice(PERSON.length) : event.action;
  const detail = new Detail(event.detail);
  const id = event.object.slice(event.object.indexOf(":") + 1);
  const parts: Parts = {
    actor: event.actorName ?? "",
    // The name at that time comes first: something else can have the slug now.
    object: event.object.startsWith("workspace:")
      ? id
      : (detail.text("name") ?? event.objectName ?? detail.text("slug") ?? id),
    detail,
    nameOf,
  };
  const predicate = Object.hasOwn(PREDICATES, action)
    ? // A cast: `hasOwn` says so.
      PREDICATES[action as AuditAction](parts)
    : `${action.replaceAll(/[._]/g, " ")}: ${parts.object}`;
  return escapeLine(`${toSubject(event)} ${predicate.trim()}${describeApprover(detail, nameOf)}`);
}

function describeLabel(detail: Detail): string {
  const label = detail.text("label");
  return label === null ? "" : ` ${quote(label)}`;
}

function describeClient(detail: Detail): string {
  const version = detail.text("versionPrefix");
  const versions = version === null ? "" : ` in versions that begin with ${quote(version)}`;
  return `the client ${quote(detail.text("name"))}${versions}`;
}

function describeMember({ object, detail }: Parts): string {
  const before = detail.part("before");
  const role = detail.text("role");
  const name = detail.text("name");
  const oldName = before.text("name");
  const revoked = detail.texts("revokedTokens").length;
  return (
    joinWords([
      ...(role === null
        ? []
        : [`made ${object} ${ROLES[role] ?? role}${was(ROLES[before.text("role") ?? ""])}`]),
      ...(revoked === 0 ? [] : [`revoked ${toPlural(revoked, "token")}`]),
      ...(name === null
        ? []
        : [oldName === null ? `renamed a member to ${name}` : `renamed ${oldName} to ${name}`]),
      ...(detail.has("email")
        ? [
            `set the e-mail address of ${object} to ${detail.text("email") ?? "none"}${was(before.text("email"))}`,
          ]
        : []),
    ]) || `saved ${object} without a change`
  );
}

function describeRules(detail: Detail): string {
  const rules = detail.number("rules");
  return rules === 0 ? "" : ` with ${toPlural(rules, "rule")} for it`;
}

function describeValues(detail: Detail): string {
  const words = [
    ...withList("with new values of", detail.texts("credentialsSet")),
    ...withList("without", detail.texts("credentialsRemoved")),
  ];
  return words.length === 0 ? "" : ` ${joinWords(words)}`;
}

function describeReason(detail: Detail): string {
  const reason = detail.text("reason");
  return reason === null ? "" : ` (${reason.replaceAll("_", " ")})`;
}

function hostState(detail: Detail): string {
  if (!detail.has("isDraining")) return "";
  return detail.value("isDraining") === true ? ": it takes no new servers" : ": it takes servers";
}

function untilDate(words: string, detail: Detail, field = "expiresAt"): string {
  const at = detail.number(field);
  return at === 0 ? "" : ` (${words} ${toDate(at)})`;
}
