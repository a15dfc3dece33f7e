import { Suspense } from "react";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../../ui/copy.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { LoadingState } from "../../ui/states.tsx";

const ConnectPanel = lazyComponent(() => import("../../connect/connect-panel.tsx"), "ConnectPanel");

interface Props {
  slug: string;
  /** The token in clear; undefined: the dialog is closed. */
  token: string | undefined;
  onClose: () => void;
}

/** Shows a new token once, with connection instructions for each client. */
export function IssuedTokenDialog({ slug, token, onClose }: Props) {
  return (
    <Dialog
      isOpen={token !== undefined}
      onClose={onClose}
      title="Your new token"
      description="Copy the token now. It is shown only once; the gateway stores only its digest."
      isWide
    >
      {token !== undefined && (
        <div className="flex min-w-0 flex-col gap-4">
          <CodeBlock contentName="token" text={token} />
          <div className="min-w-0">
            <Suspense fallback={<LoadingState />}>
              <ConnectPanel slug={slug} token={token} />
            </Suspense>
          </div>
          <FormActions>
            <CopyTextButton text={token} contentName="token" />
            <Button onClick={onClose}>Done</Button>
          </FormActions>
        </div>
      )}
    </Dialog>
  );
}
