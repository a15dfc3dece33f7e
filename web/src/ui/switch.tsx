import { Switch as BaseSwitch } from "@base-ui/react/switch";

interface Props {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  label: string;
  isDisabled?: boolean;
}

/** A switch whose change applies immediately. */
export function Switch({ isOn, onChange, label, isDisabled = false }: Props) {
  return (
    <BaseSwitch.Root
      checked={isOn}
      onCheckedChange={onChange}
      disabled={isDisabled}
      aria-label={label}
      className="flex h-5 w-9 shrink-0 rounded-full border border-strong bg-softer p-px transition-colors data-checked:border-accent data-checked:bg-accent data-disabled:opacity-50"
    >
      <BaseSwitch.Thumb className="aspect-square h-full rounded-full bg-white shadow-sm transition-transform data-checked:translate-x-4" />
    </BaseSwitch.Root>
  );
}
