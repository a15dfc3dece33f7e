import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { FormActions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { EXPIRIES, toExpiresAt, type Expiry } from "./expiry.ts";

/** Label and expiry of a new token or API key. */
export interface LabelAndExpiry {
  label: string;
  /** Epoch ms; null: never. */
  expiresAt: number | null;
}

interface Props {
  labelHint: string;
  /** Additional fields. */
  children: ReactNode;
  /** Label of the submit button. */
  submitLabel: string;
  isBusy: boolean;
  onCreate: (labelAndExpiry: LabelAndExpiry) => void;
  onClose: () => void;
}

/** Form for a new token or API key. */
export function CreateForm({ labelHint, children, submitLabel, isBusy, onCreate, onClose }: Props) {
  const [label, setLabel] = useState("");
  const [expiry, setExpiry] = useState<Expiry>("90");
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        onCreate({ label: label.trim(), expiresAt: toExpiresAt(expiry) });
      }}
    >
      <Field label="Label" hint={labelHint}>
        <TextInput
          value={label}
          autoFocus
          maxLength={120}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
      </Field>
      {children}
      <Field label="Expires after">
        <Select value={expiry} onChange={setExpiry} choices={EXPIRIES} />
      </Field>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={isBusy} disabled={label.trim() === ""}>
          {submitLabel}
        </Button>
      </FormActions>
    </form>
  );
}
