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
  const [isShown, setIsShown] = useState(false);
  // Read before the dialog is there: a field in it can take the focus at once.
  const [opener, setOpener] = useState<Element | null>();
  if (isOpen !== isShown) {
    setIsShown(isOpen);
    if (isOpen) setOpener(document.activeElement);
  }
  useCloseOnNavigation(isOpen, onClose, true);
  if (opener === undefined) return null;
  return (
    <Suspense>
      <DialogPopup {...props} opener={opener} />
    </Suspense>
  );
}

/** Row of buttons at the end of a dialog or form. */
export function FormActions({ children }: { children: ReactNode }) {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>;
}
