import type { Server } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { RecentUse } from "./recent-use.tsx";

interface Props {
  slug: string;
  /** Undefined: the dialog is closed. */
  server: Server | undefined;
  isBusy: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Says which people and calls the disabling of a server concerns, before it is done. */
export function DisableDialog({ slug, server, isBusy, onClose, onConfirm }: Props) {
  return (
    <ConfirmDialog
      isOpen={server !== undefined}
      onClose={onClose}
      title={`Disable ${escapeLine(server?.name ?? "")}?`}
      confirmLabel="Disable"
      isBusy={isBusy}
      onConfirm={onConfirm}
    >
      {server && <RecentUse slug={slug} server={server.slug} />}
      <p>
        Clients do not see its tools, and calls in flight end. Its settings, rules and names of
        tools are kept until it is enabled again.
      </p>
    </ConfirmDialog>
  );
}
