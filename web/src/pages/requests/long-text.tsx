import { Field as BaseField } from "@base-ui/react/field";
import { MAX_REQUEST_TEXT } from "../../../../workers/contract/api/marketplace-requests.ts";
import { Field } from "../../ui/field.tsx";

/** A field for a few sentences. */
export function LongText(props: {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
  /** Whether it has the focus at first; absent: yes. */
  hasFocus?: boolean;
  maxLength?: number;
}) {
  const { label, hint, value, onChange, hasFocus = true, maxLength = MAX_REQUEST_TEXT } = props;
  return (
    <Field label={label} hint={hint}>
      <BaseField.Control
        render={
          <textarea
            rows={4}
            autoFocus={hasFocus}
            maxLength={maxLength}
            className="input h-auto py-2"
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        }
      />
    </Field>
  );
}
