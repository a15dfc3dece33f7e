import { CircleUser } from "lucide-react";
import { useMe } from "../api/me.ts";
import { lazyComponent } from "../load-code.ts";
import { DisplayName } from "../ui/display-name.tsx";
import { MenuButton } from "./menu-button.tsx";

const AccountMenuPopup = lazyComponent(
  () => import("./account-menu-popup.tsx"),
  "AccountMenuPopup",
);

/** Button with the user's name. Its menu: account, theme, density, sign out. */
export function AccountMenu() {
  const { user } = useMe();
  return (
    <MenuButton
      menu={AccountMenuPopup}
      className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-soft"
    >
      <CircleUser className="size-4 shrink-0 text-dim" aria-hidden />
      <span className="min-w-0 flex-1 truncate">
        <DisplayName name={user.name} />
      </span>
    </MenuButton>
  );
}
