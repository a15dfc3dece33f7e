import type { EntryDifference } from "../../../../workers/contract/versions/document.ts";
import { Badge } from "../../ui/page.tsx";

const SECTIONS: Record<EntryDifference["section"], string> = {
  settings: "Settings",
  order: "Order",
  servers: "Server",
  hosted: "Hosted server",
  people: "Person",
  teams: "Teams",
  agents: "Agent",
  names: "Name for clients",
};
const TONES = { added: "ok", changed: "accent", removed: "bad" } as const;
/** An entry that is there on one side only is a list of its fields, of which these are enough. */
const FIELDS_OF_WHOLE = new Set(["url", "prefix", "rules", "catalogueId", "owner"]);

/** What differs, by entry and field. */
export function Differences({ differences }: { differences: EntryDifference[] }) {
  if (differences.length === 0) return <p className="text-dim">Nothing differs.</p>;
  return (
    <ul aria-label="Differences" className="flex flex-col gap-3">
      {differences.map(({ section, name, action, fields }) => (
        <li key={`${section} ${name} ${action}`}>
          <p className="flex flex-wrap items-center gap-2">
            <span className="text-dim">{SECTIONS[section]}</span>
            {section !== "settings" && (
              <span className="font-medium text-ink wrap-anywhere">{name}</span>
            )}
            <Badge tone={TONES[action]}>{action}</Badge>
          </p>
          <dl className="mt-1 flex flex-col gap-1 border-l border-line pl-3">
            {fields
              .filter(({ field }) => action === "changed" || FIELDS_OF_WHOLE.has(field))
              .map(({ field, before, after }) => (
                <div key={field} className="flex flex-wrap gap-x-2 text-xs">
                  <dt className="font-mono text-dim wrap-anywhere">{field}</dt>
                  <dd className="min-w-0 wrap-anywhere">
                    {before !== null && <del className="text-bad">{before}</del>}
                    {before !== null && after !== null && " "}
                    {after !== null && <ins className="text-ok no-underline">{after}</ins>}
                  </dd>
                </div>
              ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}
