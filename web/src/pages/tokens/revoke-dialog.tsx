import type { QueryKey } from "@tanstack/react-query";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { showToast } from "../../ui/toast.ts";

interface Props {
  /** Undefined: the dialog is closed. */
  item: { id: string; label: string } | undefined;
  /** API path of the collection. */
  path: string;
  invalidate: QueryKey[];
  onClose: () => void;
  /** Consequences, shown in the dialog. */
  children: string;
}

/** Confirms and revokes a token or API key. */
export function RevokeDialog({ item, path, invalidate, onClose, children }: Props) {
  const revoke = useApiMutation({
    run: ({ id }: { id: string; label: string }) => requestNoContent("DELETE", `${path}/${id}`),
    invalidate,
    onDone: (_, { label }) => {
      onClose();
      showToast(`“${label}” revoked`);
    },
  });
  return (
    <ConfirmDialog
      isOpen={item !== undefined}
      onClose={onClose}
      title={`Revoke “${item?.label ?? ""}”?`}
      confirmLabel="Revoke"
      isBusy={revoke.isPending}
      onConfirm={() => item && revoke.mutate(item)}
    >
      <p>{children}</p>
    </ConfirmDialog>
  );
}
