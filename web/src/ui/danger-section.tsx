import { useState, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Section } from "./page.tsx";

interface Props {
  title: string;
  /** Immediate effect of the action. */
  hint: string;
  /** Label of the button, and of the button in the dialog. */
  confirmLabel: string;
  confirmTitle: string;
  /** Text that the user must type to confirm. */
  confirmationText: string;
  /** Lasting consequences, shown in the dialog. */
  children: ReactNode;
  isBusy: boolean;
  onConfirm: () => void;
}

/** A section with one destructive action, confirmed by typing a name. */
export function DangerSection({
  title,
  hint,
  confirmLabel,
  confirmTitle,
  children,
  ...rest
}: Props) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Section title={title}>
      <div className="flex flex-wrap items-center justify-between gap-3 p-4">
        <p className="min-w-0 flex-1 basis-64 text-dim">{hint}</p>
        <Button variant="danger" onClick={() => setIsOpen(true)}>
          {confirmLabel}
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title={confirmTitle}
        confirmLabel={confirmLabel}
        {...rest}
      >
        {children}
      </ConfirmDialog>
    </Section>
  );
}
