import { Menu as MenuIcon, Search } from "lucide-react";
import { Suspense, useRef, useState, type ReactNode } from "react";
import { lazyComponent } from "../load-code.ts";
import { IconButton } from "../ui/button.tsx";
import { useCloseOnNavigation } from "../ui/use-close-on-navigation.ts";
import { Logo } from "./logo.tsx";

const NarrowDrawer = lazyComponent(() => import("./narrow-drawer.tsx"), "NarrowDrawer");

interface Props {
  onSearch: () => void;
  /** The navigation. */
  children: ReactNode;
}

/** Bar of narrow screens: a button that opens the navigation, the logo, and a button that opens the command palette. */
export function NarrowBar({ onSearch, children }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [isLoaded, setIsLoaded] = useState(false);
  const [isOpen, setIsOpen] = useState(false);
  useCloseOnNavigation(isOpen, () => setIsOpen(false));
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-panel px-3 md:hidden">
      <IconButton
        ref={button}
        label="Open navigation"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={() => setIsLoaded(true)}
        onClick={() => {
          setIsLoaded(true);
          setIsOpen(true);
        }}
      >
        <MenuIcon className="size-4.5" aria-hidden />
      </IconButton>
      <Logo />
      <IconButton label="Search" className="ml-auto" onClick={onSearch}>
        <Search className="size-4.5" aria-hidden />
      </IconButton>
      {isLoaded && (
        <Suspense>
          <NarrowDrawer isOpen={isOpen} onOpenChange={setIsOpen} finalFocus={button}>
            {children}
          </NarrowDrawer>
        </Suspense>
      )}
    </header>
  );
}
