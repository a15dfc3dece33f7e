import { Suspense, type ComponentType, type ReactNode } from "react";
import { useLazyMenu, type MenuProps } from "../ui/use-lazy-menu.ts";

interface Props {
  /** A lazy component. */
  menu: ComponentType<MenuProps>;
  className: string;
  children: ReactNode;
}

/** A button that opens a menu. */
export function MenuButton({ menu: LazyMenu, className, children }: Props) {
  const { button, menu } = useLazyMenu();
  return (
    <>
      <button type="button" className={className} {...button}>
        {children}
      </button>
      <Suspense>{menu && <LazyMenu {...menu} />}</Suspense>
    </>
  );
}
