import { Check } from "lucide-react";
import { useId, useState } from "react";
import type { SearchSummary } from "../../../../workers/contract/api/marketplace-search.ts";
import type { MarketplaceSearch } from "../../api/marketplace.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { formatCount } from "../../ui/format-numbers.ts";
import { Select } from "../../ui/select.tsx";
import { FILTER_GROUPS, FLAGS, LICENCE_GROUP, UPDATED, type FilterGroup } from "./filters.ts";

/** Values of a filter that are shown at first. */
const FIRST_VALUES = 6;

interface Props {
  search: MarketplaceSearch;
  /** Undefined while they load: no counts are shown. */
  facets: SearchSummary["facets"] | undefined;
  onChange: (part: Partial<Record<keyof MarketplaceSearch, unknown>>) => void;
}

/** The filters with the number of servers that each of them would leave. */
export function FilterPanel({ search, facets, onChange }: Props) {
  const { updatedWithin: days } = search;
  const updated = UPDATED.find(({ value }) => value === String(days ?? "any"));
  return (
    <div className="flex flex-col gap-5">
      <ul aria-label="Only" className="flex flex-col gap-px">
        {FLAGS.map(({ key, label }) => (
          <Value
            key={key}
            label={label}
            count={facets && countOf(facets[key], "true")}
            isChosen={search[key] ?? false}
            onToggle={(isChosen) => onChange({ [key]: isChosen || undefined })}
          />
        ))}
      </ul>
      <div className="px-2">
        <Select
          label="Updated"
          value={updated?.value ?? "any"}
          choices={UPDATED}
          onChange={(value) =>
            onChange({ updatedWithin: value === "any" ? undefined : Number(value) })
          }
        />
      </div>
      {[...FILTER_GROUPS, LICENCE_GROUP].map((group) => (
        <Group
          key={group.key}
          group={group}
          chosen={search[group.key]}
          facet={facets?.[group.key]}
          onChoose={(value) => onChange({ [group.key]: value })}
        />
      ))}
    </div>
  );
}

interface GroupProps {
  group: FilterGroup;
  chosen: string | undefined;
  facet: { value: string; count: number }[] | undefined;
  onChoose: (value: string | undefined) => void;
}

function Group({ group: { label, values }, chosen, facet, onChoose }: GroupProps) {
  const id = useId();
  const [showsAll, setShowsAll] = useState(false);
  const counted = values.map((value) => ({
    ...value,
    count: facet && countOf(facet, value.value),
  }));
  const found = counted.filter(({ count, value }) => count !== 0 || value === chosen);
  const shown = found.filter(
    ({ value }, position) => showsAll || position < FIRST_VALUES || value === chosen,
  );
  const rest = found.length - shown.length;
  if (found.length === 0) return null;
  return (
    <div>
      <h3 id={id} className="mb-1 px-2 text-xs font-medium text-dim">
        {label}
      </h3>
      <ul aria-labelledby={id} className="flex flex-col gap-px">
        {shown.map(({ value, label: name, count }) => (
          <Value
            key={value}
            label={name}
            count={count}
            isChosen={value === chosen}
            onToggle={(isChosen) => onChoose(isChosen ? value : undefined)}
          />
        ))}
      </ul>
      {(rest > 0 || showsAll) && (
        <Button
          variant="ghost"
          size="sm"
          aria-expanded={showsAll}
          onClick={() => setShowsAll(!showsAll)}
        >
          {showsAll ? "Show fewer" : `Show ${rest} more`}
        </Button>
      )}
    </div>
  );
}

interface ValueProps {
  label: string;
  count: number | undefined;
  isChosen: boolean;
  onToggle: (isChosen: boolean) => void;
}

function Value({ label, count, isChosen, onToggle }: ValueProps) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={isChosen}
        disabled={count === 0 && !isChosen}
        onClick={() => onToggle(!isChosen)}
        className="flex min-h-7 w-full items-center gap-2 rounded-md px-2 py-1 text-left transition-colors hover:bg-soft disabled:text-dim"
      >
        <span
          aria-hidden
          className={classNames(
            "flex size-4 shrink-0 items-center justify-center rounded border",
            isChosen ? "border-accent bg-accent text-on-accent" : "border-strong bg-panel",
          )}
        >
          {isChosen && <Check className="size-3" />}
        </span>
        <span className="min-w-0 flex-1">{label}</span>
        <span className="text-xs text-dim tabular-nums">
          {count === undefined ? "" : formatCount(count)}
        </span>
      </button>
    </li>
  );
}

/** The counts of licences are in lower case. */
function countOf(facet: { value: string; count: number }[], wanted: string): number {
  const lower = wanted.toLowerCase();
  return facet.find(({ value }) => value === wanted || value === lower)?.count ?? 0;
}
