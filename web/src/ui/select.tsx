import { Select as BaseSelect } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";
import { useState } from "react";
import { classNames } from "./class-names.ts";
import { useCloseOnNavigation } from "./use-close-on-navigation.ts";

/** One option of a `Select`. */
export interface Choice<T extends string> {
  value: T;
  label: string;
}

interface Props<T extends string> {
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
  /** Accessible name; leave it out inside a `Field`. */
  label?: string;
  className?: string;
  isDisabled?: boolean;
}

/** A select box for one of a few values. */
export function Select<T extends string>(props: Props<T>) {
  const { value, choices, onChange, label, className, isDisabled = false } = props;
  const [isOpen, setIsOpen] = useState(false);
  useCloseOnNavigation(isOpen, () => setIsOpen(false));
  return (
    <BaseSelect.Root
      open={isOpen}
      onOpenChange={setIsOpen}
      items={choices}
      value={value}
      disabled={isDisabled}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
    >
      <BaseSelect.Trigger
        aria-label={label}
        className={classNames(
          "input inline-flex items-center justify-between gap-2 text-left hover:bg-soft data-disabled:opacity-55",
          className,
        )}
      >
        <BaseSelect.Value className="truncate" />
        <BaseSelect.Icon>
          <ChevronsUpDown className="size-3.5 text-dim" aria-hidden />
        </BaseSelect.Icon>
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner sideOffset={4} className="z-50" alignItemWithTrigger={false}>
          <BaseSelect.Popup className="popup max-h-80 min-w-(--anchor-width) overflow-y-auto p-1">
            {choices.map((choice) => (
              <BaseSelect.Item
                key={choice.value}
                value={choice.value}
                className="menu-item justify-between"
              >
                <BaseSelect.ItemText>{choice.label}</BaseSelect.ItemText>
                <BaseSelect.ItemIndicator>
                  <Check className="size-3.5" aria-hidden />
                </BaseSelect.ItemIndicator>
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}
