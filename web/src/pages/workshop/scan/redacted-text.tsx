import type { Finding } from "../../../../../client-config/finding.ts";
import type { ScanResult } from "../../../../../client-config/scan/scan-text.ts";
import { SEVERITIES, type Severity } from "../../../../../workers/contract/severity.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import { classNames } from "../../../ui/class-names.ts";
import { formatCount } from "../../../ui/format-numbers.ts";
import { Section } from "../../../ui/page.tsx";

/** More lines make the page slow, and the findings name theirs. */
const MAX_LINES = 1_500;
/** Longest line that is shown as a whole, characters. */
const MAX_LINE = 2_000;

const MARKS: Record<Severity, string> = {
  critical: "border-bad bg-bad-soft",
  high: "border-bad bg-bad-soft",
  medium: "border-warn bg-warn-soft",
  low: "border-strong",
  info: "border-transparent",
};

/** Id of the element of a line. */
export function toLineId(line: number): string {
  return `line-${line}`;
}

/** The text without its secrets. The lines of findings are marked. */
export function RedactedText({ result: { redacted, findings } }: { result: ScanResult }) {
  if (redacted === "") return null;
  const lines = redacted.split("\n");
  const marks = listMarks(findings);
  return (
    <Section
      title="Your text without secrets"
      hint="Secrets are hidden here and in exports. Fixes change the real text."
      className="lg:sticky lg:top-4"
    >
      <ol
        // A list that scrolls has to be reachable by keys.
        tabIndex={0}
        aria-label="Your text without secrets"
        className="max-h-180 overflow-auto py-2 font-mono text-xs leading-5"
      >
        {lines.slice(0, MAX_LINES).map((line, index) => {
          const severity = marks.get(index + 1);
          return (
            <li
              key={index}
              id={toLineId(index + 1)}
              className={classNames(
                "flex w-max min-w-full border-l-2 pr-3 target:bg-accent-soft",
                severity === undefined ? "border-transparent" : MARKS[severity],
              )}
            >
              <span className="w-12 shrink-0 pr-3 text-right text-dim select-none" aria-hidden>
                {index + 1}
              </span>
              <span className="whitespace-pre">{toShown(line)}</span>
            </li>
          );
        })}
      </ol>
      {lines.length > MAX_LINES && (
        <p className="border-t border-line px-4 py-2 text-xs text-dim">
          {formatCount(lines.length - MAX_LINES)} more lines are not shown.
        </p>
      )}
    </Section>
  );
}

function toShown(line: string): string {
  const shown = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
  return escapeHidden(shown.replace(/\r$/, ""));
}

/** The worst severity of each line. */
function listMarks(findings: readonly Finding[]): Map<number, Severity> {
  const marks = new Map<number, Severity>();
  for (const { severity, range } of findings) {
    if (range === null) continue;
    const known = marks.get(range.line);
    if (known === undefined || SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(known))
      marks.set(range.line, severity);
  }
  return marks;
}
