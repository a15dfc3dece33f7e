import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import type { ClientToken } from "./use-client-token.ts";

/** Creates the token of a connection, or gives the existing one a new value. */
export function TokenStep({ token, label }: { token: ClientToken; label: string }) {
  const [isConfirming, setIsConfirming] = useState(false);
  const { known, value, isBusy } = token;
  if (!known)
    return (
      <div className="flex flex-wrap items-center gap-3">
        <Button variant="primary" isBusy={isBusy} onClick={token.create}>
          Create token
        </Button>
        <p className="min-w-0 flex-1 basis-60 text-xs text-dim">
          Creates the token “{label}”, which expires after {token.lifetimeDays} days, and puts it
          into the text below.
        </p>
      </div>
    );
  return (
    <>
      {known.suspendedAt !== null && (
        <Notice tone="warn">
          This token is suspended: clients that use it are refused. An owner or admin can end the
          suspension.
        </Notice>
      )}
      {value === null ? (
        <p className="text-sm text-dim">
          You have the token “{known.label}” already, created <Time at={known.createdAt} />. Its
          value was shown only once.
        </p>
      ) : (
        <Notice tone="info">
          The token is shown only now; the gateway stores only its digest. Do not share it: it acts
          as you.
        </Notice>
      )}
      <div className="flex flex-wrap gap-2">
        <Button
          variant={value === null ? "primary" : "secondary"}
          isBusy={isBusy}
          onClick={() => setIsConfirming(true)}
        >
          Show a new value
        </Button>
        {value === null && (
          <Button disabled={isBusy} onClick={token.create}>
            Create another token
          </Button>
        )}
      </div>
      <ConfirmDialog
        isOpen={isConfirming}
        onClose={() => setIsConfirming(false)}
        title={`New value for “${known.label}”?`}
        confirmLabel="Replace the value"
        isBusy={isBusy}
        onConfirm={() => {
          setIsConfirming(false);
          token.rotate(known.id);
        }}
      >
        <p>The old value stops working at once. Clients that use it need the new one.</p>
      </ConfirmDialog>
    </>
  );
}
