import { useState, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Section } from "./page.tsx";

interface Props {
  title: string;
  /** What it does at once. */
  hint: string;
  /** What both buttons say: the one here and the one that confirms. */
  verb: string;
  question: string;
  /** What has to be typed to confirm. */
  typed: string;
  /** What cannot be brought back. */
  children: ReactNode;
  isBusy: boolean;
  onConfirm: () => void;
}

/** A page's way to remove what it is about. */
export function DangerSection({ title, hint, verb, question, children, ...rest }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Section title={title}>
      <div className="flex flex-wrap items-center justify-between gap-3 p-4">
        <p className="min-w-0 flex-1 basis-64 text-dim">{hint}</p>
        <Button variant="danger" onClick={() => setIsOpen(true)}>
          {verb}
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title={question}
        verb={verb}
        {...rest}
      >
        <p>{children}</p>
      </ConfirmDialog>
    </Section>
  );
}
