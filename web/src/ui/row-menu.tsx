import { MoreHorizontal } from "lucide-react";
import { Suspense, useRef, useState, type ReactElement } from "react";
import { lazyComponent } from "../load-code.ts";
import { IconButton } from "./button.tsx";
import { useCloseOnNavigation } from "./use-close-on-navigation.ts";

const RowMenuPopup = lazyComponent(() => import("./row-menu-popup.tsx"), "RowMenuPopup");

/** An item of a `RowMenu`: a link to a page, or an action. */
export type RowMenuItem =
  | { label: string; link: ReactElement }
  | { label: string; choose: () => void; isDangerous?: boolean };

/** The menu of a row in a table. Its code is loaded when a pointer or the focus reaches the button. */
export function RowMenu({ label, items }: { label: string; items: RowMenuItem[] }) {
  const anchor = useRef<HTMLButtonElement>(null);
  const [isLoaded, setIsLoaded] = useState(false);
  const [isOpen, setIsOpen] = useState(false);
  const load = () => setIsLoaded(true);
  useCloseOnNavigation(isOpen, () => setIsOpen(false));
  if (items.length === 0) return null;
  return (
    <>
      <IconButton
        ref={anchor}
        label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onPointerEnter={load}
        onFocus={load}
        onClick={() => {
          load();
          setIsOpen(true);
        }}
      >
        <MoreHorizontal className="size-4" aria-hidden />
      </IconButton>
      {isLoaded && (
        <Suspense>
          <RowMenuPopup anchor={anchor} items={items} isOpen={isOpen} onOpenChange={setIsOpen} />
        </Suspense>
      )}
    </>
  );
}
