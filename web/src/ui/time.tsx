import { formatDay, formatExact, formatFull, formatRelative } from "./format-time.ts";
import { useNow } from "./use-now.ts";

export { formatExact } from "./format-time.ts";

const UPDATE_MS = 30_000;

/** Relative time, updated every 30 seconds; the full time as tooltip and in `dateTime`. */
export function Time({ at }: { at: number }) {
  const now = useNow(UPDATE_MS);
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={formatFull(at)}
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
      title={formatFull(at)}
      className="whitespace-nowrap"
    >
      {formatExact(at)}
    </time>
  );
}

/** The day of an instant; the full time as tooltip and in `dateTime`. */
export function Day({ at }: { at: number }) {
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={formatFull(at)}
      className="whitespace-nowrap"
    >
      {formatDay(at)}
    </time>
  );
}
