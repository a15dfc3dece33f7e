import { useEffect, useState } from "react";
import { CallStatus } from "../../../../workers/contract/records/audit.ts";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import type { CallFilters } from "./filters.ts";
import { MoreFilters, RangePicker, SavedViews } from "./lazy-controls.tsx";
import { STATUS_LABELS } from "./status.tsx";
import { useAuditSearch } from "./use-audit-search.ts";

const ANY = "";
/** Debounce of the tool filter. */
const DEBOUNCE_MS = 300;

interface Props {
  slug: string;
  isMine: boolean;
  filters: CallFilters;
  retentionDays: number | undefined;
}

/** The filters of the calls; all are search parameters of the URL. */
export function CallFilterBar({ slug, isMine, filters, retentionDays }: Props) {
  const { set } = useAuditSearch();
  const { since, from, to } = filters;
  return (
    <div className="flex flex-wrap gap-2">
      <ToolInput value={filters.tool ?? ""} onChange={(tool) => set({ tool: tool || undefined })} />
      <Select
        label="Outcome"
        className="w-36!"
        value={filters.status ?? ANY}
        choices={[
          { value: ANY, label: "Any outcome" },
          ...CallStatus.options.map((value) => ({ value, label: STATUS_LABELS[value] })),
        ]}
        onChange={(next) => set({ status: next === ANY ? undefined : next })}
      />
      <MoreFilters slug={slug} isMine={isMine} filters={filters} />
      <RangePicker range={{ since, from, to }} retentionDays={retentionDays} onChange={set} />
      <SavedViews slug={slug} />
    </div>
  );
}

function ToolInput({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  // Another control has changed the filter: a pill, a saved view, or Back.
  if (known !== value) {
    setKnown(value);
    if (text.trim() !== value) setText(value);
  }
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <SearchInput
      className="min-w-44 flex-1"
      label="Tool name, or a part of it"
      value={text}
      onChange={(next = "") => setText(next)}
    />
  );
}
