import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode, RefObject } from "react";

interface Props {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  /** Gets the focus when the drawer closes. */
  finalFocus: RefObject<HTMLElement | null>;
  children: ReactNode;
}

/** The navigation of a narrow screen, at its left edge. */
export function NarrowDrawer({ isOpen, onOpenChange, finalFocus, children }: Props) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Popup
          finalFocus={finalFocus}
          className="popup fixed inset-y-0 left-0 flex w-72 max-w-[85vw] flex-col rounded-none border-y-0 border-l-0"
        >
          <Dialog.Title className="sr-only">Navigation</Dialog.Title>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
