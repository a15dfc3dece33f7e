import type { Difference } from "../../../../../workers/contract/definitions/definition.ts";
import {
  escapeHidden,
  escapeLine,
} from "../../../../../workers/contract/text/hidden-characters.ts";
import { SeverityBadge } from "../../../ui/severity-badge.tsx";
import { TextDifference } from "./text-difference.tsx";

/** Longest value that is shown beside the other one; longer ones are in the definition as a whole. */
const MAX_VALUE = 300;

/** What the differences of a definition mean, worst first. */
export function DifferenceList({ differences }: { differences: readonly Difference[] }) {
  return (
    <ul className="flex flex-col gap-2">
      {differences.map((difference, index) => (
        <li
          // Two differences can be of one rule and place; the list never changes its order.
          key={`${index} ${difference.rule} ${difference.path}`}
          className="flex flex-col gap-1"
        >
          <div className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
            <SeverityBadge severity={difference.severity} />
            <span className="min-w-0 wrap-anywhere">{difference.message}</span>
            {difference.path !== "" && (
              <code className="text-xs text-dim wrap-anywhere">{escapeLine(difference.path)}</code>
            )}
          </div>
          {difference.segments.length > 0 ? (
            <TextDifference segments={difference.segments} />
          ) : (
            <Values difference={difference} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Values({ difference: { rule, before, after } }: { difference: Difference }) {
  if (rule === "definition-added" || rule === "definition-removed") return null;
  const shown = [
    ["Before", before],
    ["Now", after],
  ] as const;
  if (shown.every(([, value]) => value === null)) return null;
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 rounded-md bg-soft px-3 py-2 text-xs">
      {shown.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-dim">{label}</dt>
          <dd className="min-w-0 font-mono wrap-anywhere">
            {value === null ? (
              <span className="text-dim">nothing</span>
            ) : (
              escapeHidden(value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value)
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
