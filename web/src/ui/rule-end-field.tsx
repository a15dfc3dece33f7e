import { Field, TextInput } from "./field.tsx";
import { RULE_ENDS, type RuleEnd } from "./rule-end.ts";
import { Select } from "./select.tsx";

interface Props {
  end: RuleEnd;
  /** The value of the `datetime-local` input. */
  time: string;
  onChange: (end: RuleEnd, time: string) => void;
  label?: string;
}

/** The choice of the end of a rule. */
export function RuleEndField({ end, time, onChange, label = "Until" }: Props) {
  return (
    <div className="flex flex-wrap gap-3">
      <Field label={label} className="flex-1 basis-48">
        <Select value={end} choices={RULE_ENDS} onChange={(next) => onChange(next, time)} />
      </Field>
      {end === "time" && (
        <Field label="End" hint="In your time zone." className="flex-1 basis-48">
          <TextInput
            type="datetime-local"
            required
            value={time}
            onChange={(event) => onChange(end, event.currentTarget.value)}
          />
        </Field>
      )}
    </div>
  );
}
