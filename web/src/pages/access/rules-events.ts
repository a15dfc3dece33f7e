import type { EventPage, WorkspaceMember } from "../../api/workspace.ts";
import { parseRule } from "./rules.ts";

type Event = EventPage["items"][number];

/** The changes of a member's rules between two versions. */
export interface ChangesSince {
  /** The first one first. */
  events: Event[];
  /** Rules that the removal of their server took along. */
  lostWithServer: string[];
  /** The number of changes that the events do not contain. */
  unknownCount: number;
}

/**
 * Finds the changes of a member's rules since the version that the page showed. Each change makes one version. The removal of
 * a server makes one too, and its event does not name the members. `events`: the newest first.
 */
export function findChangesSince(
  shown: WorkspaceMember,
  present: WorkspaceMember,
  events: Event[],
): ChangesSince {
  const count = present.rulesVersion - shown.rulesVersion;
  const newest = events.filter((event) => isAbout(event, present.id)).slice(0, count);
  const named = new Set(newest.flatMap(({ detail }) => toTexts(detail["removed"])));
  // A set of rules replaces all: its event names what it removed.
  const lostWithServer = shown.rules.filter(
    (rule) => !present.rules.includes(rule) && !named.has(rule),
  );
  const removals = new Set(lostWithServer.map((rule) => parseRule(rule).server)).size;
  const found = newest.slice(0, Math.max(0, count - removals));
  // Without all events, a rule that is gone can be gone by one of those that are missing.
  const isComplete = found.length + removals === count;
  return {
    events: found.toReversed(),
    lostWithServer: isComplete ? lostWithServer : [],
    unknownCount: isComplete ? 0 : count - found.length,
  };
}

function isAbout({ action, object, detail }: Event, memberId: string): boolean {
  return (
    action.startsWith("member.rules") &&
    (object === `member:${memberId}` || toTexts(detail["members"]).includes(memberId))
  );
}

/** The texts of a list in an event's detail. */
export function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
