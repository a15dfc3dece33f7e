import { useState, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { FormActions, Dialog } from "./dialog.tsx";
import { Field, TextInput } from "./field.tsx";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** Label of the red button. */
  confirmLabel: string;
  /** Text that the user must type to enable the red button; absent: none. */
  confirmationText?: string;
  isBusy: boolean;
  onConfirm: () => void;
}

/** Asks for confirmation of an action that cannot be undone. */
export function ConfirmDialog(props: Props) {
  const { isOpen, onClose, title, children, confirmLabel, confirmationText, isBusy, onConfirm } =
    props;
  const [text, setText] = useState("");
  const isAllowed = confirmationText === undefined || text === confirmationText;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isAllowed) onConfirm();
        }}
      >
        <div className="flex flex-col gap-4 text-sm text-dim">{children}</div>
        {confirmationText !== undefined && (
          <Field label={`Type ${confirmationText} to confirm`} className="mt-4">
            <TextInput
              value={text}
              autoComplete="off"
              onChange={(event) => setText(event.currentTarget.value)}
            />
          </Field>
        )}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" isBusy={isBusy} disabled={!isAllowed}>
            {confirmLabel}
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}
