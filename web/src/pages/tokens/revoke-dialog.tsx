import type { QueryKey } from "@tanstack/react-query";
import { requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { announce } from "../../ui/announce.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";

interface Props {
  /** Undefined: the dialog is closed. */
  item: { id: string; label: string } | undefined;
  /** Of the resource that the item is one of. */
  path: string;
  refresh: QueryKey[];
  onClose: () => void;
  /** What follows from it. */
  children: string;
}

/** Revokes a token or key after asking. */
export function RevokeDialog({ item, path, refresh, onClose, children }: Props) {
  const revoke = useChange({
    run: ({ id }: { id: string; label: string }) => requestNothing("DELETE", `${path}/${id}`),
    refresh,
    onDone: (_, { label }) => {
      onClose();
      announce(`“${label}” revoked`);
    },
  });
  return (
    <ConfirmDialog
      isOpen={item !== undefined}
      onClose={onClose}
      title={`Revoke “${item?.label ?? ""}”?`}
      verb="Revoke"
      isBusy={revoke.isPending}
      onConfirm={() => item && revoke.mutate(item)}
    >
      <p>{children}</p>
    </ConfirmDialog>
  );
}
