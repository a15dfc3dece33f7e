import { Menu } from "@base-ui/react/menu";
import { Link } from "@tanstack/react-router";
import { Check, Plus } from "lucide-react";
import { useMe } from "../api/me.ts";
import { DisplayName } from "../ui/display-name.tsx";
import { MenuPopup } from "../ui/menu-popup.tsx";
import { ROLE_LABELS } from "../ui/role-labels.ts";
import type { MenuProps } from "../ui/use-lazy-menu.ts";
import { useShellSlug } from "./use-shell-slug.ts";

/** Workspace switcher: a menu of all of the user's workspaces. */
export function WorkspaceMenuPopup(props: MenuProps) {
  const { memberships, canCreateWorkspaces } = useMe();
  const slug = useShellSlug();
  return (
    <MenuPopup {...props} side="bottom" align="start" className="w-56">
      {memberships.map(({ workspace, role }) => (
        <Menu.LinkItem
          key={workspace.slug}
          closeOnClick
          label={workspace.name}
          render={<Link to="/w/$slug" params={{ slug: workspace.slug }} />}
          className="menu-item"
        >
          <span className="min-w-0 flex-1 truncate">
            <DisplayName name={workspace.name} />
          </span>
          <span className="text-xs text-dim">{ROLE_LABELS[role]}</span>
          {workspace.slug === slug && <Check className="size-3.5" aria-label="Current workspace" />}
        </Menu.LinkItem>
      ))}
      {canCreateWorkspaces && (
        <Menu.LinkItem closeOnClick render={<Link to="/new" />} className="menu-item text-dim">
          <Plus className="size-4" aria-hidden />
          New workspace
        </Menu.LinkItem>
      )}
    </MenuPopup>
  );
}
