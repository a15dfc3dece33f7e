import { useQuery } from "@tanstack/react-query";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request } from "../../api/request.ts";
import { EventPage, workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { ExactTime } from "../../ui/time.tsx";
import { listNames } from "./consequences.ts";
import type { RulesChange } from "./rule-changes.ts";
import { useConflicts, type RulesConflict } from "./rules-conflicts.ts";
import { findChangesSince, toTexts, type ChangesSince } from "./rules-events.ts";

interface Props {
  slug: string;
  members: WorkspaceMember[];
  /** Sends the change again, for the members with their current rules. */
  onApply: (change: RulesChange) => void;
}

type Event = EventPage["items"][number];

/** Changes that were refused because another person was faster: what was wanted, who changed what, and what the rules are. */
export function ConflictNotices({ slug, members, onApply }: Props) {
  const { conflicts, drop } = useConflicts(slug);
  const events = useQuery({
    queryKey: workspaceKey(slug, "rules-events"),
    queryFn: () =>
      request(EventPage, "GET", `/workspaces/${slug}/audit-events?action=member.rules*&limit=500`),
    enabled: conflicts.length > 0,
    staleTime: 0,
  });
  return conflicts.map((conflict) => (
    <Conflict
      key={conflict.id}
      conflict={conflict}
      members={members}
      events={events.data?.items}
      onDrop={() => drop(conflict.id)}
      onApply={() => {
        drop(conflict.id);
        onApply(toPresent(conflict.change, members));
      }}
    />
  ));
}

/** The same change for the members as they are now. Those who were removed are left out. */
function toPresent(change: RulesChange, present: WorkspaceMember[]): RulesChange {
  const find = ({ id }: WorkspaceMember) => present.filter((member) => member.id === id);
  const members = change.members.flatMap(find);
  if (!("copyFrom" in change)) return { ...change, members };
  return { members, copyFrom: find(change.copyFrom)[0] ?? change.copyFrom };
}

interface ConflictProps {
  conflict: RulesConflict;
  members: WorkspaceMember[];
  /** Undefined: they are on their way. */
  events: Event[] | undefined;
  onApply: () => void;
  onDrop: () => void;
}

function Conflict({ conflict: { change }, members, events, onApply, onDrop }: ConflictProps) {
  const { members: present } = toPresent(change, members);
  const concerned = "copyFrom" in change ? [...change.members, change.copyFrom] : change.members;
  const changed = concerned.flatMap((shown) => {
    const member = members.find(({ id }) => id === shown.id);
    return member && member.rulesVersion !== shown.rulesVersion
      ? [{ member, changes: events && findChangesSince(shown, member, events) }]
      : [];
  });
  return (
    <section
      role="alert"
      aria-label="Change not applied"
      className="card flex flex-col gap-2 border-warn! bg-warn-soft px-4 py-3 text-sm"
    >
      <h2>Your change was not applied: the rules changed meanwhile</h2>
      <p>You wanted to {describeWish(change)}.</p>
      <ul className="flex flex-col gap-1">
        {changed.map(({ member, changes }) => (
          <li key={member.id}>
            {changes && <Changes member={member} changes={changes} />}
            <p>{escapeLine(describePresent(member))}</p>
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button onClick={onDrop}>Drop my change</Button>
        <Button onClick={onApply} disabled={present.length === 0}>
          Apply again
        </Button>
      </div>
    </section>
  );
}

/** Who changed a member's rules since the page showed them, when, and what. */
function Changes({ member, changes }: { member: WorkspaceMember; changes: ChangesSince }) {
  const { events, lostWithServer, unknownCount } = changes;
  const name = escapeLine(member.name);
  return (
    <>
      {events.map((event) => {
        const what = describeEvent(event);
        return (
          <p key={event.id}>
            {escapeLine(findActor(event))} changed the rules of {name} at{" "}
            <ExactTime at={event.occurredAt} />
            {what && `: ${what}`}.
          </p>
        );
      })}
      {lostWithServer.length > 0 && (
        <p>
          With a removed server {name} lost {listRules(lostWithServer)}.
        </p>
      )}
      {unknownCount > 0 && (
        <p>
          {pluralize(unknownCount, "change")} of the rules of {name}{" "}
          {unknownCount === 1 ? "is" : "are"} not named here.
        </p>
      )}
    </>
  );
}

function findActor({ actor, actorName }: Event): string {
  return actorName ?? (actor === "operator" ? "The operator" : "Another person");
}

function describeEvent({ detail }: Event): string {
  const what = describeDifference(toTexts(detail["added"]), toTexts(detail["removed"]));
  if (what || detail["isRestricted"] === undefined) return what;
  return detail["isRestricted"] === false ? "give full access" : "restrict to rules";
}

function describeWish(change: RulesChange): string {
  const who = escapeLine(listNames(change.members));
  if ("copyFrom" in change)
    return `copy the rules of ${escapeLine(change.copyFrom.name)} to ${who}`;
  const { add, remove, isRestricted } = change;
  const what = describeDifference(add, remove);
  if (what) return `${what} (${who})`;
  return isRestricted === false ? `give ${who} full access` : `restrict ${who} to rules`;
}

function describeDifference(added: string[], removed: string[]): string {
  return [
    added.length > 0 ? `allow ${listRules(added)}` : "",
    removed.length > 0 ? `take away ${listRules(removed)}` : "",
  ]
    .filter((part) => part !== "")
    .join(" and ");
}

function describePresent({ name, rules, isRestricted }: WorkspaceMember): string {
  if (rules.length > 0) return `The rules of ${name} are: ${listRules(rules)}.`;
  return isRestricted ? `${name} has no rules and no access.` : `${name} has the default access.`;
}

function listRules(rules: string[]): string {
  return escapeLine(listNames(rules.map((name) => ({ name }))));
}
