import { formatDay, formatExact, formatFull, formatRelative } from "./format-time.ts";
import { useNow } from "./use-now.ts";

export { formatExact } from "./format-time.ts";

const UPDATE_MS = 30_000;

/**
 * The time since something happened, updated every 30 seconds; the full time as tooltip and in `dateTime`. It is never in the
 * future: the clocks of the gateway and of this machine can differ.
 */
export function Time({ at }: { at: number }) {
  const now = useNow(UPDATE_MS);
  return <RelativeTime at={at} words={formatRelative(Math.min(at, now), now)} />;
}

/** The time until something ends or begins, or since then. As `Time` otherwise. */
export function TimeUntil({ at }: { at: number }) {
  const now = useNow(UPDATE_MS);
  return <RelativeTime at={at} words={formatRelative(at, now)} />;
}

function RelativeTime({ at, words }: { at: number; words: string }) {
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={formatFull(at)}
      className="whitespace-nowrap"
    >
      {words}
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
