import { Menu } from "@base-ui/react/menu";
import { Link } from "@tanstack/react-router";
import { Check, ChevronsUpDown, Plus } from "lucide-react";
import { useMe } from "../api/me.ts";
import { ROLE_LABELS } from "../ui/role-labels.ts";

/** Workspace switcher: the current workspace's name, and a menu of all of the user's workspaces. */
export function WorkspaceMenu({ slug }: { slug: string | undefined }) {
  const { memberships, canCreateWorkspaces } = useMe();
  const current = memberships.find(({ workspace }) => workspace.slug === slug);
  return (
    <Menu.Root>
      <Menu.Trigger className="flex h-10 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-soft">
        <img src="/favicon.svg" alt="" className="size-5" />
        <span className="min-w-0 flex-1 truncate font-semibold">
          <span className="sr-only">Workspace: </span>
          {current?.workspace.name ?? "mcpnest"}
        </span>
        <ChevronsUpDown className="size-3.5 text-dim" aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="start" className="z-50">
          <Menu.Popup className="popup max-h-96 w-56 overflow-y-auto p-1">
            {memberships.map(({ workspace, role }) => (
              <Menu.LinkItem
                key={workspace.slug}
                render={<Link to="/w/$slug" params={{ slug: workspace.slug }} />}
                className="menu-item"
              >
                <span className="min-w-0 flex-1 truncate">{workspace.name}</span>
                <span className="text-xs text-dim">{ROLE_LABELS[role]}</span>
                {workspace.slug === slug && (
                  <Check className="size-3.5" aria-label="Current workspace" />
                )}
              </Menu.LinkItem>
            ))}
            {canCreateWorkspaces && (
              <Menu.LinkItem render={<Link to="/new" />} className="menu-item text-dim">
                <Plus className="size-4" aria-hidden />
                New workspace
              </Menu.LinkItem>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
