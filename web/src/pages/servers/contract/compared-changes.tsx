import { useState } from "react";
import type { DefinitionDifference } from "../../../../../workers/contract/api/contracts.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../../ui/button.tsx";
import { ForeignName } from "../../../ui/foreign-name.tsx";
import { Badge } from "../../../ui/page.tsx";
import { SeverityBadge } from "../../../ui/severity-badge.tsx";
import { DefinitionText } from "./definition-text.tsx";
import { CHANGE_LABELS, KIND_LABELS, toChangeId } from "./describe-change.ts";
import { DifferenceList } from "./difference-list.tsx";

/** Changes that are shown at first, and with each further click. */
const PAGE_SIZE = 30;

/** Changes that are not in force, and what each means, with the texts as a whole. */
export function ComparedChanges({ changes }: { changes: readonly DefinitionDifference[] }) {
  const [shown, setShown] = useState(PAGE_SIZE);
  return (
    <>
      <ul className="flex flex-col gap-3 border-l-2 border-line pl-3">
        {changes.slice(0, shown).map((change) => (
          <li key={toChangeId(change)} className="flex flex-col gap-1.5">
            <p className="flex flex-wrap items-center gap-2">
              {KIND_LABELS[change.kind]}
              {change.key !== "" && (
                <code className="text-xs wrap-anywhere">
                  <ForeignName name={change.key} />
                </code>
              )}
              <Badge tone="accent">{CHANGE_LABELS[change.change]}</Badge>
              <SeverityBadge severity={change.severity} />
            </p>
            {change.change === "added" && <Words json={change.after} />}
            <DifferenceList differences={change.differences} />
            {change.before !== null && (
              <DefinitionText title="Approved definition" json={change.before} />
            )}
            {change.after !== null && <DefinitionText title="New definition" json={change.after} />}
          </li>
        ))}
      </ul>
      {changes.length > shown && (
        <Button className="self-start" onClick={() => setShown(shown + PAGE_SIZE)}>
          Show more
        </Button>
      )}
    </>
  );
}

/** What a new definition says about itself: its description, or the instructions. */
function Words({ json }: { json: string | null }) {
  const words = readWords(json);
  if (words === "") return null;
  return <p className="text-xs whitespace-pre-wrap wrap-anywhere">{escapeHidden(words)}</p>;
}

function readWords(json: string | null): string {
  const value: unknown = JSON.parse(json ?? "null");
  if (typeof value === "string") return value;
  const description: unknown =
    typeof value === "object" && value !== null ? Reflect.get(value, "description") : null;
  return typeof description === "string" ? description : "";
}
