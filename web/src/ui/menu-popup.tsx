import { Menu } from "@base-ui/react/menu";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";
import type { MenuProps } from "./use-lazy-menu.ts";

interface Props extends MenuProps {
  side: "top" | "bottom";
  align: "start" | "end";
  className: string;
  children: ReactNode;
}

/** The popup of a button, which gets the focus back when it closes. */
export function MenuPopup(props: Props) {
  const { anchor, isOpen, onOpenChange, side, align, className, children } = props;
  return (
    <Menu.Root open={isOpen} onOpenChange={onOpenChange}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} sideOffset={4} side={side} align={align} className="z-50">
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
