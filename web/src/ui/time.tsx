import { useNow } from "./use-now.ts";

const MINUTE_MS = 60_000;
const UNITS = [
  ["day", 24 * 60 * MINUTE_MS],
  ["hour", 60 * MINUTE_MS],
  ["minute", MINUTE_MS],
] as const;

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const exact = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** An instant (epoch ms) in the user's time zone, with seconds. */
export function formatExact(at: number): string {
  return exact.format(at);
}

/** "2 hr. ago", "in 3 days"; "just now" within a minute. */
function formatRelative(at: number, now: number): string {
  const distanceMs = at - now;
  const [unit, ms] = UNITS.find(([, size]) => Math.abs(distanceMs) >= size) ?? [];
  return unit === undefined ? "just now" : relative.format(Math.trunc(distanceMs / ms), unit);
}

/** Relative time, updated every 30 seconds; the full time as tooltip and in `dateTime`. */
export function Time({ at }: { at: number }) {
  const now = useNow(MINUTE_MS / 2);
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={full.format(at)}
      className="whitespace-nowrap"
    >
      {formatRelative(at, now)}
    </time>
  );
}

/** Absolute time with seconds; the full time as tooltip and in `dateTime`. */
export function ExactTime({ at }: { at: number }) {
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={full.format(at)}
      className="whitespace-nowrap"
    >
      {formatExact(at)}
    </time>
  );
}
