import { Menu } from "@base-ui/react/menu";
import type { ReactNode } from "react";
import { classNames } from "../ui/class-names.ts";
import type { MenuProps } from "./menu-button.tsx";

interface Props extends MenuProps {
  side: "top" | "bottom";
  className: string;
  children: ReactNode;
}

/** The popup of a `MenuButton`, which gets the focus back when it closes. */
export function MenuPopup({ anchor, isOpen, onOpenChange, side, className, children }: Props) {
  return (
    <Menu.Root open={isOpen} onOpenChange={onOpenChange}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} sideOffset={4} side={side} align="start" className="z-50">
          <Menu.Popup
            finalFocus={anchor}
            className={classNames(
              "popup max-h-(--available-height) overflow-y-auto p-1",
              className,
            )}
          >
            {children}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
