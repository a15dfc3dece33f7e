import { Checkbox as BaseCheckbox } from "@base-ui/react/checkbox";
import { Check, Minus } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

interface BoxProps {
  isChecked: boolean;
  /** Some but not all of the represented items are checked. */
  isMixed?: boolean;
  onChange: (isChecked: boolean) => void;
  isDisabled?: boolean;
}

/** A checkbox with an invisible label. */
export function Checkbox({ label, ...box }: BoxProps & { label: string }) {
  return <Box {...box} label={label} />;
}

/** A checkbox with the words beside it, which are its name and part of what is clicked. */
export function LabelledCheckbox({
  className,
  children,
  ...box
}: BoxProps & { className?: string; children: ReactNode }) {
  return (
    <label className={classNames("flex cursor-pointer items-center gap-2", className)}>
      <Box {...box} />
      <span className="min-w-0 wrap-anywhere">{children}</span>
    </label>
  );
}

/** `label` absent: the `label` element around it names it. */
function Box({
  isChecked,
  isMixed = false,
  onChange,
  label,
  isDisabled,
}: BoxProps & { label?: string }) {
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
