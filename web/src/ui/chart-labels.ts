import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";
import { LOCALE } from "./locale.ts";

const time = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const dateAndTime = new Intl.DateTimeFormat(LOCALE, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
// Steps of a day are days in UTC: in another time zone their start is on the day before or within the day.
const day = new Intl.DateTimeFormat(LOCALE, { month: "short", day: "numeric", timeZone: "UTC" });

const localDay = new Intl.DateTimeFormat(LOCALE, { month: "short", day: "numeric" });

/** A label of the time axis, at a step. */
interface AxisLabel {
  at: number;
  index: number;
  text: string;
}

/** Share of the axis after which no label begins, because it would not fit. */
const LAST_LABEL = 0.85;

/** The labels of the time axis, at most `most`: the beginnings of days for hours of several days, otherwise every so many. */
export function toAxisLabels(steps: number[], stepMs: number, most: number): AxisLabel[] {
  const hasDays = stepMs < DAY_MS && steps.length * stepMs > DAY_MS + 2 * HOUR_MS;
  const format = stepMs >= DAY_MS ? day : hasDays ? localDay : time;
  const candidates = steps
    .map((at, index) => ({ at, index, text: format.format(at) }))
    .filter(({ at }) => !hasDays || isFirstOfDay(at, stepMs));
  const every = Math.max(1, Math.ceil(candidates.length / most));
  return candidates.filter(
    ({ index }, place) => place % every === 0 && index <= LAST_LABEL * steps.length,
  );
}

function isFirstOfDay(at: number, stepMs: number): boolean {
  return new Date(at).getDate() !== new Date(at - stepMs).getDate();
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
