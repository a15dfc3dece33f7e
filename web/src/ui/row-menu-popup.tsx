import { Menu } from "@base-ui/react/menu";
import { MenuPopup } from "./menu-popup.tsx";
import type { RowMenuItem } from "./row-menu.tsx";
import type { MenuProps } from "./use-lazy-menu.ts";

/** The popup of a `RowMenu`. */
export function RowMenuPopup({ items, ...menu }: MenuProps & { items: RowMenuItem[] }) {
  return (
    <MenuPopup {...menu} side="bottom" align="end" className="w-52">
      {items.map((item) =>
        "link" in item ? (
          <Menu.LinkItem key={item.label} closeOnClick render={item.link} className="menu-item">
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
    </MenuPopup>
  );
}
