import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Actions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { EXPIRIES, toExpiresAt, type Expiry } from "./expiry.ts";

/** What is said of every new token or key. */
export interface Labelled {
  label: string;
  /** Epoch ms; null: it does not expire. */
  expiresAt: number | null;
}

interface Props {
  labelHint: string;
  /** What is asked besides label and expiry. */
  children: ReactNode;
  /** What the button says. */
  verb: string;
  isBusy: boolean;
  onCreate: (labelled: Labelled) => void;
  onClose: () => void;
}

/** Asks for what a new token or key is to be. */
export function CreateForm({ labelHint, children, verb, isBusy, onCreate, onClose }: Props) {
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
      <Actions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={isBusy} disabled={label.trim() === ""}>
          {verb}
        </Button>
      </Actions>
    </form>
  );
}
