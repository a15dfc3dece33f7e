import { Suspense, useState, type ReactNode } from "react";
import { lazyComponent } from "../load-code.ts";
import type { DialogProps } from "./dialog-popup.tsx";
import { useCloseOnNavigation } from "./use-close-on-navigation.ts";

const DialogPopup = lazyComponent(() => import("./dialog-popup.tsx"), "DialogPopup");

/**
 * A modal dialog: traps focus, closes on Escape and when the browser goes back, returns focus to the previous element. Its
 * code is loaded when it first opens.
 */
export function Dialog(props: DialogProps) {
  const { isOpen, onClose } = props;
  const [wasOpened, setWasOpened] = useState(isOpen);
  if (isOpen && !wasOpened) setWasOpened(true);
  useCloseOnNavigation(isOpen, onClose);
  if (!wasOpened) return null;
  return (
    <Suspense>
      <DialogPopup {...props} />
    </Suspense>
  );
}

/** Row of buttons at the end of a dialog or form. */
export function FormActions({ children }: { children: ReactNode }) {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>;
}
