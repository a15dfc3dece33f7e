import { ConnectPanel } from "../../connect/connect-panel.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../../ui/copy.tsx";
import { Actions, Dialog } from "../../ui/dialog.tsx";

interface Props {
  slug: string;
  /** In clear; undefined: the dialog is closed. */
  token: string | undefined;
  onClose: () => void;
}

/** A new token, shown this once, with how to use it in each client. */
export function SecretDialog({ slug, token, onClose }: Props) {
  return (
    <Dialog
      isOpen={token !== undefined}
      onClose={onClose}
      title="Your new token"
      description="Copy it now: it is shown this once, and only its digest is stored."
      isWide
    >
      {token !== undefined && (
        <div className="flex min-w-0 flex-col gap-4">
          <CodeBlock what="token" text={token} />
          <div className="min-w-0">
            <ConnectPanel slug={slug} token={token} />
          </div>
          <Actions>
            <CopyTextButton text={token} what="token" />
            <Button onClick={onClose}>Done</Button>
          </Actions>
        </div>
      )}
    </Dialog>
  );
}
