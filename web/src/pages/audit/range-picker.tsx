import { Popover } from "@base-ui/react/popover";
import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { DAY_MS } from "../../../../workers/contract/units.ts";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { Field, TextInput } from "../../ui/field.tsx";
import { describeRange } from "./describe-range.ts";
import { TIME_RANGES, type TimeRange } from "./filters.ts";

/** What a `RangePicker` shows. */
export interface RangePickerProps {
  range: TimeRange;
  /** The age of the oldest rows; undefined: not known yet. */
  retentionDays: number | undefined;
  onChange: (range: Required<TimeRange>) => void;
}

/** Chooses one of some time ranges up to the retention, or two instants. */
export function RangePicker({ range, retentionDays, onChange }: RangePickerProps) {
  const [isOpen, setIsOpen] = useState(false);
  const choose = (next: TimeRange) => {
    setIsOpen(false);
    onChange({ since: next.since, from: next.from, to: next.to });
  };
  const all = retentionDays === undefined ? "All rows" : `All ${retentionDays} days that are kept`;
  const ranges = TIME_RANGES.filter(
    ({ ms }) => retentionDays === undefined || ms < retentionDays * DAY_MS,
  );
  return (
    <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
      <Popover.Trigger
        render={
          <Button>
            <CalendarClock className="size-3.5" aria-hidden />
            {describeRange(range) ?? "Any time"}
          </Button>
        }
      />
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end" className="z-50">
          <Popover.Popup className="popup flex w-72 flex-col p-1.5" aria-label="Time range">
            {[{ value: undefined, label: all }, ...ranges].map(({ value, label }) => (
              <button
                key={label}
                type="button"
                className={classNames(
                  "menu-item text-left hover:bg-soft",
                  range.from === undefined && range.since === value && "font-medium",
                )}
                onClick={() => choose({ since: value })}
              >
                {label}
              </button>
            ))}
            <CustomRange range={range} onChoose={choose} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function CustomRange({
  range,
  onChoose,
}: {
  range: TimeRange;
  onChoose: (range: TimeRange) => void;
}) {
  const [from, setFrom] = useState(toInput(range.from));
  const [to, setTo] = useState(toInput(range.to));
  const [first, last] = [Date.parse(from), Date.parse(to)];
  const isEmpty = Number.isNaN(first) && Number.isNaN(last);
  const isReversed = first >= last;
  return (
    <form
      className="mt-1.5 flex flex-col gap-2 border-t border-line p-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (isEmpty || isReversed) return;
        onChoose({ from: toInstant(first), to: toInstant(last) });
      }}
    >
      <Field label="From">
        <TextInput
          type="datetime-local"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
      </Field>
      <Field label="To" error={isReversed ? "Choose a time after the start." : undefined}>
        <TextInput
          type="datetime-local"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      </Field>
      <Button type="submit" variant="primary" disabled={isEmpty || isReversed}>
        Show this range
      </Button>
    </form>
  );
}

const MINUTE_MS = 60_000;

function toInstant(at: number): number | undefined {
  return Number.isNaN(at) ? undefined : at;
}

/** The value of a `datetime-local` input, in the user's time zone. */
function toInput(at: number | undefined): string {
  if (at === undefined) return "";
  return new Date(at - new Date(at).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}
