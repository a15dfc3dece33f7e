import { useState } from "react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions } from "../../ui/dialog.tsx";
import { LongText } from "../requests/long-text.tsx";
import { ServerPicker } from "./server-picker.tsx";

interface Props {
  /** The server; null: it is chosen in the form. */
  name: string | null;
  /** Of the reason. */
  hint: string;
  /** The reason at first. */
  reason?: string;
  submitLabel: string;
  isDangerous?: boolean;
  isBusy: boolean;
  onCancel: () => void;
  onSubmit: (chosen: { name: string; reason: string }) => void;
  /** Further fields, before the reason. */
  children?: React.ReactNode;
}

/** A form that chooses a server of the marketplace and asks for a reason. */
export function ServerReasonForm(props: Props) {
  const { hint, submitLabel, isDangerous = false, isBusy, onCancel, onSubmit, children } = props;
  const [chosen, setChosen] = useState(props.name);
  const [reason, setReason] = useState(props.reason ?? "");
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen !== null) onSubmit({ name: chosen, reason });
      }}
    >
      {chosen === null ? (
        <ServerPicker label="Server" hasFocus onChoose={({ name }) => setChosen(name)} />
      ) : (
        <ChosenServer
          name={chosen}
          onChange={props.name === null ? () => setChosen(null) : undefined}
        />
      )}
      {children}
      {chosen !== null && (
        <LongText label="Reason" hint={hint} value={reason} onChange={setReason} />
      )}
      <FormActions>
        <Button onClick={onCancel}>Cancel</Button>
        <Button
          type="submit"
          variant={isDangerous ? "danger" : "primary"}
          isBusy={isBusy}
          disabled={chosen === null || reason.trim() === ""}
        >
          {submitLabel}
        </Button>
      </FormActions>
    </form>
  );
}

function ChosenServer({ name, onChange }: { name: string; onChange: (() => void) | undefined }) {
  return (
    <div className="flex items-center justify-between gap-3 rounded-md bg-soft px-3 py-2">
      <span className="min-w-0">
        <span className="block text-xs text-dim">Server</span>
        <span className="font-mono text-xs wrap-anywhere">{escapeLine(name)}</span>
      </span>
      {onChange && (
        <Button size="sm" onClick={onChange}>
          Change
        </Button>
      )}
    </div>
  );
}
