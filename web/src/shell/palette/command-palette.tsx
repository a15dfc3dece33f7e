import { Suspense, useEffect, useEffectEvent, useState } from "react";
import { lazyComponent } from "../../load-code.ts";
import { useCloseOnNavigation } from "../../ui/use-close-on-navigation.ts";
import { findSearchField, isTyping } from "../search-field.ts";

const Palette = lazyComponent(() => import("./palette.tsx"), "Palette");

interface Props {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/**
 * The command palette, loaded when it is first opened. Ctrl+K and Cmd+K open and close it. "/" goes to the page's search
 * field, or opens the palette where the page has none.
 */
export function CommandPalette({ isOpen, onOpenChange }: Props) {
  const [wasOpened, setWasOpened] = useState(false);
  if (isOpen && !wasOpened) setWasOpened(true);
  useCloseOnNavigation(isOpen, () => onOpenChange(false));
  const handleKey = useEffectEvent((event: KeyboardEvent) => {
    if (isShortcut(event)) {
      event.preventDefault();
      onOpenChange(!isOpen);
    } else if (event.key === "/" && !isTyping(event)) {
      event.preventDefault();
      const field = findSearchField();
      if (field) field.focus();
      else onOpenChange(true);
    }
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => handleKey(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  if (!wasOpened) return null;
  return (
    <Suspense>
      <Palette isOpen={isOpen} onOpenChange={onOpenChange} />
    </Suspense>
  );
}

function isShortcut({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === "k" && ctrlKey !== metaKey && !shiftKey && !altKey;
}
