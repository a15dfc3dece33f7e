import { classNames } from "../../ui/class-names.ts";

/** Backgrounds of monograms. */
const TINTS = [
  "bg-chart-1/15",
  "bg-chart-2/15",
  "bg-chart-3/15",
  "bg-chart-4/15",
  "bg-chart-5/15",
  "bg-chart-6/15",
  "bg-chart-7/15",
  "bg-chart-8/15",
];
/** Words that nearly every name has. */
const COMMON = /^(mcp|server|the|for|of|a|an|io|com)$/i;

/**
 * Two letters of a server's title. The same publisher has the same colour. Icons of servers are on other hosts, which would
 * see who looks at them.
 */
export function Monogram({
  title,
  publisher,
  isLarge = false,
}: {
  title: string;
  publisher: string;
  isLarge?: boolean;
}) {
  const tint = Array.from(publisher).reduce(
    (sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 8_191,
    7,
  );
  return (
    <span
      aria-hidden
      className={classNames(
        "flex shrink-0 items-center justify-center rounded-lg font-semibold tracking-wide text-ink select-none",
        isLarge ? "size-12 text-base" : "size-9 text-xs",
        TINTS[tint % TINTS.length],
      )}
    >
      {toLetters(title)}
    </span>
  );
}

function toLetters(title: string): string {
  const all = title.match(/[\p{L}\p{N}]+/gu) ?? [];
  const words = all.filter((word) => !COMMON.test(word));
  const [first = all[0] ?? "?", second] = words;
  const letters = second === undefined ? first.slice(0, 2) : first.charAt(0) + second.charAt(0);
  return letters.toUpperCase();
}
