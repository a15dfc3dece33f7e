import type { TextSegment } from "../../../../../workers/contract/definitions/definition.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";

/**
 * A text with its removed words struck through and its new ones underlined, which a screen reader announces. Hidden
 * characters are written out.
 */
export function TextDifference({ segments }: { segments: readonly TextSegment[] }) {
  return (
    <p className="rounded-md bg-soft px-3 py-2 text-xs whitespace-pre-wrap wrap-anywhere">
      {segments.map(({ text, kind }, index) => {
        const shown = escapeHidden(text);
        // The segments of one comparison never move.
        const key = `${index} ${kind}`;
        if (kind === "added")
          return (
            <ins
              key={key}
              className="rounded-xs bg-ok-soft font-medium text-ok underline decoration-2 underline-offset-2"
            >
              <span className="sr-only"> [added: </span>
              {shown}
              <span className="sr-only">] </span>
            </ins>
          );
        if (kind === "removed")
          return (
            <del key={key} className="rounded-xs bg-bad-soft text-bad line-through">
              <span className="sr-only"> [removed: </span>
              {shown}
              <span className="sr-only">] </span>
            </del>
          );
        return <span key={key}>{shown}</span>;
      })}
    </p>
  );
}
