import type { ServerSummary } from "../../../../workers/contract/api/marketplace.ts";
import { classNames } from "../../ui/class-names.ts";

/** Class names of the colours of each grade. */
export const GRADE_TONES: Record<NonNullable<ServerSummary["grade"]>, string> = {
  A: "bg-ok-soft text-ok",
  B: "bg-accent-soft text-accent-ink",
  C: "bg-warn-soft text-warn",
  D: "bg-bad-soft text-bad",
  F: "bg-bad-soft text-bad",
};

/** The grade of a server with its score, or that it has none. */
export function GradeChip({ grade, score }: Pick<ServerSummary, "grade" | "score">) {
  if (grade === null)
    return (
      <span
        title="Nothing is known of its activity."
        className="inline-flex h-6 shrink-0 items-center rounded-md bg-soft px-2 text-xs whitespace-nowrap text-dim"
      >
        Not rated
      </span>
    );
  return (
    <span
      className={classNames(
        "inline-flex h-6 shrink-0 items-center gap-1.5 rounded-md px-2 text-xs tabular-nums",
        GRADE_TONES[grade],
      )}
    >
      <span className="sr-only">Grade</span>
      <strong className="text-sm font-semibold">{grade}</strong>
      <span className="sr-only">, score</span>
      <span>{score}</span>
    </span>
  );
}
