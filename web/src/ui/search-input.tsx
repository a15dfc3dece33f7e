import { Search } from "lucide-react";
import { classNames } from "./class-names.ts";

interface Props {
  label: string;
  value: string;
  /** Undefined: the input is empty. */
  onChange: (value: string | undefined) => void;
  className?: string;
}

/** A search field that filters on every keystroke. */
export function SearchInput({ label, value, onChange, className }: Props) {
  return (
    <div className={classNames("relative", className)}>
      <Search
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-dim"
        aria-hidden
      />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value || undefined)}
        className="input pl-8!"
      />
    </div>
  );
}
