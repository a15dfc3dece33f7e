import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";
import { LOCALE } from "./locale.ts";

const MINUTE_MS = 60_000;
const MONTH_MS = 30.44 * DAY_MS;

/** The units from the smallest, each with the number from which the next one is used. */
const UNITS = [
  ["minute", MINUTE_MS, 60],
  ["hour", HOUR_MS, 24],
  ["day", DAY_MS, 100],
  ["month", MONTH_MS, 24],
  ["year", 12 * MONTH_MS, Infinity],
] as const;

// "1 day ago" and not "yesterday": 30 hours ago can be the day before yesterday.
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "always" });
const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "long" });
const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const exact = new Intl.DateTimeFormat(LOCALE, {
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const clock = new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium" });

/** An instant (epoch ms) in the user's time zone, with seconds. */
export function formatExact(at: number): string {
  return exact.format(at);
}

/** An instant (epoch ms) in the user's time zone, with year and time zone. */
export function formatFull(at: number): string {
  return full.format(at);
}

/** The day of an instant (epoch ms) in the user's time zone, with the year. */
export function formatDay(at: number): string {
  return day.format(at);
}

/** The time of day of an instant (epoch ms), with seconds. */
export function formatClock(at: number): string {
  return clock.format(at);
}

/** "13 minutes ago", "in 3 days", to the nearest unit; within half a minute "just now" or "in less than a minute". */
export function formatRelative(at: number, now: number): string {
  const distanceMs = at - now;
  for (const [unit, ms, limit] of UNITS) {
    const value = Math.round(Math.abs(distanceMs) / ms);
    if (value === 0) break;
    if (value < limit) return relative.format(Math.sign(distanceMs) * value, unit);
  }
  return distanceMs > 0 ? "in less than a minute" : "just now";
}
