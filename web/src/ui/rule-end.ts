import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";
import type { Choice } from "./select.tsx";

/** When a rule ends: in an hour, on Friday evening, in 7 or 30 days, at a chosen time, or not at all. */
export type RuleEnd = "hour" | "friday" | "week" | "month" | "time" | "never";

/** The choices of a rule's end. */
export const RULE_ENDS: readonly Choice<RuleEnd>[] = [
  { value: "hour", label: "1 hour" },
  { value: "friday", label: "Until Friday, 18:00" },
  { value: "week", label: "7 days" },
  { value: "month", label: "30 days" },
  { value: "time", label: "Until a time that you choose" },
  { value: "never", label: "No end" },
];

const FRIDAY = 5;
const EVENING = 18;

/**
 * The instant (epoch ms) of an end; null: it has none. `time`: the value of a `datetime-local` input, in the person's time zone;
 * an empty one gives undefined, as no time is chosen yet.
 */
export function toEndsAt(end: RuleEnd, time: string, now: number): number | null | undefined {
  switch (end) {
    case "hour":
      return now + HOUR_MS;
    case "friday":
      return toFridayEvening(now);
    case "week":
      return now + 7 * DAY_MS;
    case "month":
      return now + 30 * DAY_MS;
    case "never":
      return null;
    case "time": {
      const at = new Date(time).getTime();
      return Number.isNaN(at) ? undefined : at;
    }
  }
}

/** Whether a chosen end says when: one at a time needs the time. */
export function isEndChosen(end: RuleEnd, time: string): boolean {
  return end !== "time" || time !== "";
}

/** The next Friday at 18:00 in the person's time zone; on Friday evening, that of the next week. */
function toFridayEvening(now: number): number {
  const at = new Date(now);
  at.setDate(at.getDate() + ((FRIDAY - at.getDay() + 7) % 7));
  at.setHours(EVENING, 0, 0, 0);
  if (at.getTime() <= now) at.setDate(at.getDate() + 7);
  return at.getTime();
}
