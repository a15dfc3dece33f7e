import { Menu } from "@base-ui/react/menu";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CircleUser, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { signOut, useMe } from "../api/me.ts";
import { showErrorToast } from "../ui/toast.ts";
import { saveTheme, readTheme, type Theme } from "./theme.ts";

const THEMES = [
  { value: "system", label: "System", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
] as const;

/** Menu under the user's name: account, theme, sign out. */
export function AccountMenu() {
  const { user } = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const handleSignOut = () =>
    signOut(client).then(() => navigate({ to: "/sign-in" }), showErrorToast);
  return (
    <Menu.Root>
      <Menu.Trigger className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-soft">
        <CircleUser className="size-4 shrink-0 text-dim" aria-hidden />
        <span className="min-w-0 flex-1 truncate">{user.name}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} side="top" align="start" className="z-50">
          <Menu.Popup className="popup w-52 p-1">
            <Menu.LinkItem render={<Link to="/account" />} className="menu-item">
              <CircleUser className="size-4 text-dim" aria-hidden />
              Account
            </Menu.LinkItem>
            <ThemeItems />
            <Menu.Separator className="my-1 h-px bg-line" />
            <Menu.Item onClick={() => void handleSignOut()} className="menu-item">
              <LogOut className="size-4 text-dim" aria-hidden />
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function ThemeItems() {
  const [theme, setTheme] = useState(readTheme);
  const choose = (value: Theme) => {
    setTheme(value);
    saveTheme(value);
  };
  return (
    <Menu.Group>
      <Menu.GroupLabel className="px-2 pt-2 pb-1 text-xs text-dim">Theme</Menu.GroupLabel>
      <Menu.RadioGroup value={theme} onValueChange={choose}>
        {THEMES.map(({ value, label, icon: Icon }) => (
          <Menu.RadioItem key={value} value={value} className="menu-item data-checked:bg-soft">
            <Icon className="size-4 text-dim" aria-hidden />
            {label}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Menu.Group>
  );
}
