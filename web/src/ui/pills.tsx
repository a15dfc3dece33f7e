import { X } from "lucide-react";
import { Button } from "./button.tsx";

/** One active filter. */
export interface Pill {
  /** What is filtered: "Member". */
  name: string;
  value: string;
  onRemove: () => void;
}

/** The active filters, each of which can be removed. */
export function Pills({ pills, onClear }: { pills: Pill[]; onClear: () => void }) {
  if (pills.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <ul aria-label="Active filters" className="contents">
        {pills.map(({ name, value, onRemove }) => (
          <li
            key={name}
            className="flex h-7 max-w-full min-w-0 items-center rounded-full border border-line bg-soft pl-2.5 text-xs"
          >
            <span className="shrink-0 text-dim">{name}:&nbsp;</span>
            <span className="min-w-0 truncate">{value}</span>
            <button
              type="button"
              aria-label={`Remove filter ${name}`}
              className="flex size-7 shrink-0 items-center justify-center rounded-full text-dim hover:text-ink"
              onClick={onRemove}
            >
              <X className="size-3" aria-hidden />
            </button>
          </li>
        ))}
      </ul>
      <Button variant="ghost" size="sm" onClick={onClear}>
        Clear filters
      </Button>
    </div>
  );
}
