import {
  Suspense,
  useRef,
  useState,
  type ComponentType,
  type ReactNode,
  type RefObject,
} from "react";
import { useCloseOnNavigation } from "../ui/use-close-on-navigation.ts";

/** What a menu gets from its button. */
export interface MenuProps {
  anchor: RefObject<HTMLButtonElement | null>;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

interface Props {
  /** A lazy component: its code is loaded when a pointer or the focus reaches the button. */
  menu: ComponentType<MenuProps>;
  className: string;
  children: ReactNode;
}

/** A button that opens a menu. Menus are a third of the code of the dashboard's frame, and seldom used. */
export function MenuButton({ menu: LazyMenu, className, children }: Props) {
  const anchor = useRef<HTMLButtonElement>(null);
  const [isLoaded, setIsLoaded] = useState(false);
  const [isOpen, setIsOpen] = useState(false);
  const load = () => setIsLoaded(true);
  const open = () => {
    load();
    setIsOpen(true);
  };
  useCloseOnNavigation(isOpen, () => setIsOpen(false));
  return (
    <>
      <button
        ref={anchor}
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        className={className}
        onPointerEnter={load}
        onFocus={load}
        onClick={open}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          open();
        }}
      >
        {children}
      </button>
      {isLoaded && (
        <Suspense>
          <LazyMenu anchor={anchor} isOpen={isOpen} onOpenChange={setIsOpen} />
        </Suspense>
      )}
    </>
  );
}
