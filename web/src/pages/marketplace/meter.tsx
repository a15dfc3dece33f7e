import { classNames } from "../../ui/class-names.ts";

/** A bar that is filled up to a value. The figure is in a text beside it. */
export function Meter({ value, max }: { value: number; max: number }) {
  const share = max === 0 ? 0 : value / max;
  return (
    <span className="block h-1.5 overflow-hidden rounded-full bg-softer" aria-hidden>
      <span
        className={classNames(
          "block h-full rounded-full",
          share >= 0.7 ? "bg-ok" : share >= 0.4 ? "bg-warn" : "bg-bad",
        )}
        style={{ width: `${share * 100}%` }}
      />
    </span>
  );
}
