import { useState, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { Actions, Dialog } from "./dialog.tsx";
import { Field, TextInput } from "./field.tsx";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** What the red button says. */
  verb: string;
  /** What has to be typed before the red button works; none: a press is enough. */
  typed?: string;
  isBusy: boolean;
  onConfirm: () => void;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog(props: Props) {
  const { isOpen, onClose, title, children, verb, typed, isBusy, onConfirm } = props;
  const [text, setText] = useState("");
  const isAllowed = typed === undefined || text === typed;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isAllowed) onConfirm();
        }}
      >
        <div className="flex flex-col gap-4 text-sm text-dim">{children}</div>
        {typed !== undefined && (
          <Field label={`Type ${typed} to confirm`} className="mt-4">
            <TextInput
              value={text}
              autoComplete="off"
              onChange={(event) => setText(event.currentTarget.value)}
            />
          </Field>
        )}
        <Actions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" isBusy={isBusy} disabled={!isAllowed}>
            {verb}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}
