import { Checkbox as BaseCheckbox } from "@base-ui/react/checkbox";
import { Check, Minus } from "lucide-react";

interface Props {
  isChecked: boolean;
  /** Some but not all of the represented items are checked. */
  isMixed?: boolean;
  onChange: (isChecked: boolean) => void;
  label: string;
  isDisabled?: boolean;
}

/** A checkbox with an invisible label. */
export function Checkbox({ isChecked, isMixed = false, onChange, label, isDisabled }: Props) {
  return (
    <BaseCheckbox.Root
      checked={isChecked}
      indeterminate={isMixed}
      onCheckedChange={onChange}
      disabled={isDisabled ?? false}
      aria-label={label}
      className="flex size-4 shrink-0 items-center justify-center rounded border border-strong bg-panel data-checked:border-accent data-checked:bg-accent data-disabled:opacity-50 data-indeterminate:border-accent data-indeterminate:bg-accent"
    >
      <BaseCheckbox.Indicator className="text-on-accent">
        {isMixed ? (
          <Minus className="size-3" aria-hidden />
        ) : (
          <Check className="size-3" aria-hidden />
        )}
      </BaseCheckbox.Indicator>
    </BaseCheckbox.Root>
  );
}
