import { useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { useCloseOnNavigation } from "./use-close-on-navigation.ts";

/** What a menu gets from its button. */
export interface MenuProps {
  anchor: RefObject<HTMLButtonElement | null>;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/**
 * The properties of a button and of its menu, whose code is loaded when a pointer or the focus reaches the button: it is
 * large, and seldom used. `menu`: undefined before.
 */
export function useLazyMenu() {
  const anchor = useRef<HTMLButtonElement>(null);
  const [isLoaded, setIsLoaded] = useState(false);
  const [isOpen, setIsOpen] = useState(false);
  const load = () => setIsLoaded(true);
  const open = () => {
    load();
    setIsOpen(true);
  };
  useCloseOnNavigation(isOpen, () => setIsOpen(false));
  const button = {
    ref: anchor,
    "aria-haspopup": "menu",
    "aria-expanded": isOpen,
    onPointerEnter: load,
    onFocus: load,
    onClick: open,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      open();
    },
  } as const;
  const menu: MenuProps | undefined = isLoaded
    ? { anchor, isOpen, onOpenChange: setIsOpen }
    : undefined;
  return { button, menu };
}
