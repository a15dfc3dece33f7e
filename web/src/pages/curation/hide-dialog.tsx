import { hideServer, MARKETPLACE_KEY } from "../../api/curation.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { showToast } from "../../ui/toast.ts";
import { ServerReasonForm } from "./server-reason-form.tsx";

/** A server to hide; `name` null: it is chosen in the dialog. `reason`: why it is hidden already. */
export interface ToHide {
  name: string | null;
  reason?: string;
}

/** Hides a server, or changes why it is hidden. `toHide` null: the dialog is closed. */
export function HideDialog({ toHide, onClose }: { toHide: ToHide | null; onClose: () => void }) {
  const hide = useApiMutation({
    run: ({ name, reason }: { name: string; reason: string }) => hideServer(name, reason),
    invalidate: [MARKETPLACE_KEY],
    onDone: ({ name }) => {
      onClose();
      showToast(`${name} is hidden`);
    },
  });
  const isHidden = toHide?.reason !== undefined;
  return (
    <Dialog
      isOpen={toHide !== null}
      onClose={onClose}
      title={isHidden ? "Change the reason" : "Hide a server"}
    >
      {toHide && (
        <ServerReasonForm
          {...toHide}
          hint="Everybody reads it in the place of the server’s page."
          submitLabel={isHidden ? "Save" : "Hide"}
          isDangerous={!isHidden}
          isBusy={hide.isPending}
          onCancel={onClose}
          onSubmit={(chosen) => hide.mutate(chosen)}
        />
      )}
    </Dialog>
  );
}
