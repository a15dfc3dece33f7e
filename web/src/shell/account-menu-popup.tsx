import { Menu } from "@base-ui/react/menu";
import { Link } from "@tanstack/react-router";
import {
  Check,
  CircleUser,
  LogOut,
  Monitor,
  Moon,
  Rows2,
  Rows3,
  ServerCog,
  Star,
  Sun,
  type LucideIcon,
} from "lucide-react";
import { useState } from "react";
import { useMe } from "../api/me.ts";
import { MenuPopup } from "../ui/menu-popup.tsx";
import type { MenuProps } from "../ui/use-lazy-menu.ts";
import { readDensity, readTheme, saveDensity, saveTheme } from "./appearance.ts";
import { useSignOut } from "./use-sign-out.ts";

const THEMES = [
  { value: "system", label: "System", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
] as const;
const DENSITIES = [
  { value: "comfortable", label: "Comfortable", icon: Rows2 },
  { value: "compact", label: "Compact", icon: Rows3 },
] as const;

/** Menu under the user's name: account, theme, density, sign out. */
export function AccountMenuPopup(props: MenuProps) {
  const { user } = useMe();
  const signOut = useSignOut();
  return (
    <MenuPopup {...props} side="top" align="start" className="w-52">
      <Menu.LinkItem closeOnClick render={<Link to="/account" />} className="menu-item">
        <CircleUser className="size-4 text-dim" aria-hidden />
        Account
      </Menu.LinkItem>
      {user.managesHosts && (
        <Menu.LinkItem closeOnClick render={<Link to="/hosts" />} className="menu-item">
          <ServerCog className="size-4 text-dim" aria-hidden />
          Container hosts
        </Menu.LinkItem>
      )}
      {user.curatesMarketplace && (
        <Menu.LinkItem closeOnClick render={<Link to="/curation" />} className="menu-item">
          <Star className="size-4 text-dim" aria-hidden />
          Curation
        </Menu.LinkItem>
      )}
      <Choices label="Theme" choices={THEMES} read={readTheme} save={saveTheme} />
      <Choices label="Density" choices={DENSITIES} read={readDensity} save={saveDensity} />
      <Menu.Separator className="my-1 h-px bg-line" />
      <Menu.Item onClick={signOut} className="menu-item">
        <LogOut className="size-4 text-dim" aria-hidden />
        Sign out
      </Menu.Item>
    </MenuPopup>
  );
}

interface ChoicesProps<T extends string> {
  label: string;
  choices: readonly { value: T; label: string; icon: LucideIcon }[];
  read: () => T;
  save: (value: T) => void;
}

function Choices<T extends string>({ label: groupLabel, choices, read, save }: ChoicesProps<T>) {
  const [value, setValue] = useState(read);
  const choose = (next: T) => {
    setValue(next);
    save(next);
  };
  return (
    <Menu.Group>
      <Menu.GroupLabel className="px-2 pt-2 pb-1 text-xs text-dim">{groupLabel}</Menu.GroupLabel>
      <Menu.RadioGroup value={value} onValueChange={choose}>
        {choices.map(({ value: choice, label, icon: Icon }) => (
          <Menu.RadioItem key={choice} value={choice} className="menu-item">
            <Icon className="size-4 text-dim" aria-hidden />
            <span className="flex-1">{label}</span>
            <Menu.RadioItemIndicator>
              <Check className="size-3.5" aria-hidden />
            </Menu.RadioItemIndicator>
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Menu.Group>
  );
}
