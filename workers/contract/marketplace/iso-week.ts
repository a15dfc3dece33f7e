import { DAY_MS } from "../units.ts";

const WEEK_DAYS = 7;

/** The Monday of a day's week; both in days since 1970-01-01, which was a Thursday. */
export function toMonday(day: number): number {
  return day - ((day + 3) % WEEK_DAYS);
}

/** The week of ISO 8601 that begins with a Monday: the year is that of its Thursday. */
export function toIsoWeek(monday: number): string {
  const thursday = monday + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const week = Math.floor((thursday - toDays(year, 1)) / WEEK_DAYS) + 1;
  return `${year}-W${String(week).padStart(2, "0")}`;
}

/** The Monday of a week of ISO 8601, such as `2026-W48`; null: the year does not have it. */
export function parseIsoWeek(text: string): number | null {
  const [year = 0, week = 0] = text.split("-W").map(Number);
  // The first week has January 4.
  const monday = toMonday(toDays(year, 4)) + (week - 1) * WEEK_DAYS;
  return toIsoWeek(monday) === text ? monday : null;
}

function toDays(year: number, january: number): number {
  return Date.UTC(year, 0, january) / DAY_MS;
}
