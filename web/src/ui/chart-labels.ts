import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dateAndTime = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
// Steps of a day are days in UTC: in another time zone their start is on the day before or within the day.
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });

/** Short label of a step for an axis that shows `rangeMs`: "14:00", "Nov 29, 14:00", "Nov 29". */
export function formatStep(at: number, stepMs: number, rangeMs: number): string {
  if (stepMs >= DAY_MS) return day.format(at);
  return (rangeMs > DAY_MS + 2 * HOUR_MS ? dateAndTime : time).format(at);
}

/** Start and end of a step: "Nov 29, 14:00 – 15:00", "Nov 29 (UTC)". */
export function formatStepLong(at: number, stepMs: number): string {
  if (stepMs >= DAY_MS) return `${day.format(at)} (UTC)`;
  return dateAndTime.formatRange(at, at + stepMs);
}

/** A value in words; a dash: there is none. */
export function formatValue(
  value: number | null | undefined,
  format: (value: number) => string,
): string {
  return value === null || value === undefined ? "–" : format(value);
}
