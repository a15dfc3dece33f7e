import { useQuery } from "@tanstack/react-query";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { request } from "../../api/request.ts";
import { EventPage, workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { ExactTime } from "../../ui/time.tsx";
import { listNames } from "./consequences.ts";
import type { RulesChange } from "./rule-changes.ts";
import { useConflicts, type RulesConflict } from "./rules-conflicts.ts";

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
    queryFn: () => request(EventPage, "GET", `/workspaces/${slug}/audit-events?limit=50`),
    enabled: conflicts.length > 0,
    staleTime: 0,
  });
  return conflicts.map((conflict) => (
    <Conflict
      key={conflict.id}
      conflict={conflict}
      members={members}
      events={events.data?.items ?? []}
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
  events: Event[];
  onApply: () => void;
  onDrop: () => void;
}

function Conflict({ conflict: { change }, members, events, onApply, onDrop }: ConflictProps) {
  const { members: present } = toPresent(change, members);
  const changed = present.filter(
    (member) =>
      change.members.find(({ id }) => id === member.id)?.rulesVersion !== member.rulesVersion,
  );
  return (
    <section
      role="alert"
      aria-label="Change not applied"
      className="card flex flex-col gap-2 border-warn! bg-warn-soft px-4 py-3 text-sm"
    >
      <h2>Your change was not applied: the rules changed meanwhile</h2>
      <p>You wanted to {describeWish(change)}.</p>
      <ul className="flex flex-col gap-1">
        {changed.map((member) => (
          <li key={member.id}>
            <LastChange member={member} members={members} events={events} />{" "}
            {escapeLine(describePresent(member))}
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

/** Who changed a member's rules last, when, and what. */
function LastChange(
  props: { member: WorkspaceMember } & Pick<ConflictProps, "members" | "events">,
) {
  const { member, members, events } = props;
  const event = events.find(
    ({ action, object, detail }) =>
      action.startsWith("member.rules") &&
      (object === `member:${member.id}` || toTexts(detail["members"]).includes(member.id)),
  );
  if (!event) return null;
  const actor = members.find(({ userId }) => userId === event.actor)?.name;
  const who = actor ?? (event.actor === "operator" ? "The operator" : "Another person");
  const what = describeDifference(toTexts(event.detail["added"]), toTexts(event.detail["removed"]));
  return (
    <>
      {escapeLine(who)} changed the rules of {escapeLine(member.name)} at{" "}
      <ExactTime at={event.occurredAt} />
      {what && `: ${what}`}.
    </>
  );
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

/** The texts of a list in an event's detail. */
function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
