import { useState } from "react";
import type { LockedKind } from "../../../../../workers/contract/records/contract.ts";
import { classNames } from "../../../ui/class-names.ts";
import { SearchInput } from "../../../ui/search-input.tsx";
import { countKinds, KIND_PLURALS } from "./describe-change.ts";

/** A list with more items than these is folded and can be filtered. */
export const LONG_LIST = 8;

interface Item {
  kind: LockedKind;
  key: string;
}

/** A filter of definitions by kind and by a part of their key. `bar`: null for a short list. */
export function useDefinitionFilter<T extends Item>(items: readonly T[], label: string) {
  const [kind, setKind] = useState<LockedKind>();
  const [text, setText] = useState("");
  const counts = countKinds(items);
  const isLong = items.length > LONG_LIST;
  // A kind can be gone after a decision.
  const current = counts.some((one) => one.kind === kind) ? kind : undefined;
  const needle = text.toLowerCase();
  const found = items.filter(
    (item) =>
      (current === undefined || item.kind === current) && item.key.toLowerCase().includes(needle),
  );
  const choices = [
    { kind: undefined, label: "All", count: items.length },
    ...counts.map((one) => ({ ...one, label: KIND_PLURALS[one.kind] })),
  ];
  const bar = isLong && (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
      <div role="group" aria-label={`Kinds of ${label}`} className="flex flex-wrap gap-1.5">
        {choices.map((choice) => (
          <button
            key={choice.label}
            type="button"
            aria-pressed={choice.kind === current}
            onClick={() => setKind(choice.kind)}
            className={classNames(
              "h-7 rounded-full border px-2.5 text-xs hover:text-ink",
              choice.kind === current
                ? "border-accent bg-soft font-medium text-ink"
                : "border-line text-dim",
            )}
          >
            {choice.label} {choice.count}
          </button>
        ))}
      </div>
      <SearchInput
        label={`Find ${label} by name`}
        value={text}
        onChange={(value) => setText(value ?? "")}
        className="min-w-48 flex-1"
      />
    </div>
  );
  return { found: isLong ? found : [...items], bar, isLong };
}
