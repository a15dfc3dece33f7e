import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { FormActions } from "../../ui/dialog.tsx";

const NOT_AGAIN = "Do not ask again for this tool until the page is loaded again";

interface Props {
  isOpen: boolean;
  toolName: string;
  /** Whether the server says itself that the tool is destructive. */
  isStated: boolean;
  onClose: () => void;
  onConfirm: (isForSession: boolean) => void;
}

/** Asks before a call that can change or delete data. "Do not call" has the focus. */
export function DestructiveDialog({ isOpen, toolName, isStated, onClose, onConfirm }: Props) {
  const safeChoice = useRef<HTMLButtonElement>(null);
  const [isForSession, setIsForSession] = useState(false);
  return (
    <AlertDialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <AlertDialog.Popup
          initialFocus={safeChoice}
          className="popup fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-xl p-5 sm:max-w-md"
        >
          <AlertDialog.Title className="text-base font-semibold">
            Call this tool for real?
          </AlertDialog.Title>
          <AlertDialog.Description className="mt-2 text-sm text-dim">
            {isStated
              ? "The server says that this tool can change or delete data."
              : "The server does not say whether this tool changes or deletes data."}{" "}
            The call goes to the real server with its real credentials.
          </AlertDialog.Description>
          <p className="mt-3 font-mono text-xs wrap-anywhere">{toolName}</p>
          <label className="mt-4 flex items-center gap-2 text-sm">
            <Checkbox label={NOT_AGAIN} isChecked={isForSession} onChange={setIsForSession} />
            <span aria-hidden>{NOT_AGAIN}</span>
          </label>
          <FormActions>
            <Button ref={safeChoice} onClick={onClose}>
              Do not call
            </Button>
            <Button variant="danger" onClick={() => onConfirm(isForSession)}>
              Call tool
            </Button>
          </FormActions>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
