import { Combobox } from "@base-ui/react/combobox";
import { Check, X } from "lucide-react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";

/** Most rules that the list shows at once; a search finds the others. */
const MAX_OPTIONS = 100;

interface PickerProps {
  options: string[];
  rules: string[];
  onChange: (rules: string[]) => void;
}

/** A field that finds and selects rules. */
export function RulePicker({ options, rules, onChange }: PickerProps) {
  return (
    <Combobox.Root
      items={options}
      limit={MAX_OPTIONS}
      multiple
      value={rules}
      onValueChange={onChange}
    >
      <Combobox.Chips className="flex min-h-9 flex-wrap items-center gap-1.5 rounded-md border border-strong bg-panel p-1.5">
        {rules.map((rule) => (
          <Combobox.Chip
            key={rule}
            className="inline-flex h-6 items-center gap-1 rounded bg-soft pl-2 font-mono text-xs"
          >
            {escapeLine(rule)}
            <Combobox.ChipRemove
              aria-label={`Deselect ${escapeLine(rule)}`}
              className="flex size-6 items-center justify-center"
            >
              <X className="size-3" aria-hidden />
            </Combobox.ChipRemove>
          </Combobox.Chip>
        ))}
        <Combobox.Input
          aria-label="Servers and tools"
          placeholder={rules.length === 0 ? "Search servers and tools" : ""}
          data-initial-focus
          className="h-6 min-w-32 flex-1 bg-transparent px-1.5 outline-none placeholder:text-dim"
        />
      </Combobox.Chips>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={4} className="z-60">
          <Combobox.Popup className="popup max-h-72 w-(--anchor-width) overflow-y-auto p-1">
            <Combobox.Empty className="px-2 py-3 text-sm text-dim empty:hidden">
              No matching servers or tools.
            </Combobox.Empty>
            <Combobox.List>
              {(rule: string) => (
                <Combobox.Item
                  key={rule}
                  value={rule}
                  className="menu-item justify-between font-mono text-xs!"
                >
                  <span className="truncate">{escapeLine(rule)}</span>
                  <Combobox.ItemIndicator>
                    <Check className="size-3.5" aria-hidden />
                  </Combobox.ItemIndicator>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
