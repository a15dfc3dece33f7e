import { Menu } from "@base-ui/react/menu";
import type { RefObject } from "react";
import type { RowMenuItem } from "./row-menu.tsx";

interface Props {
  items: RowMenuItem[];
  anchor: RefObject<HTMLButtonElement | null>;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/** The popup of a `RowMenu`, which gets the focus back when it closes. */
export function RowMenuPopup({ items, anchor, isOpen, onOpenChange }: Props) {
  return (
    <Menu.Root open={isOpen} onOpenChange={onOpenChange}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} sideOffset={4} align="end" className="z-50">
          <Menu.Popup finalFocus={anchor} className="popup w-52 p-1">
            {items.map((item) =>
              "link" in item ? (
                <Menu.LinkItem
                  key={item.label}
                  closeOnClick
                  render={item.link}
                  className="menu-item"
                >
                  {item.label}
                </Menu.LinkItem>
              ) : (
                <Menu.Item
                  key={item.label}
                  onClick={item.choose}
                  className={item.isDangerous ? "menu-item text-bad" : "menu-item"}
                >
                  {item.label}
                </Menu.Item>
              ),
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
