import { ChevronsUpDown } from "lucide-react";
import { useMembership } from "../api/me.ts";
import { lazyComponent } from "../load-code.ts";
import { DisplayName } from "../ui/display-name.tsx";
import { MenuButton } from "./menu-button.tsx";

const WorkspaceMenuPopup = lazyComponent(
  () => import("./workspace-menu-popup.tsx"),
  "WorkspaceMenuPopup",
);

/** Button with the current workspace's name. Its menu: all of the user's workspaces. */
export function WorkspaceMenu({ slug }: { slug: string | undefined }) {
  const current = useMembership(slug);
  return (
    <MenuButton
      menu={WorkspaceMenuPopup}
      className="flex h-10 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-soft"
    >
      <img src="/favicon.svg" alt="" className="size-5" />
      <span className="min-w-0 flex-1 truncate font-semibold">
        <span className="sr-only">Workspace: </span>
        <DisplayName name={current?.workspace.name ?? "mcpnest"} />
      </span>
      <ChevronsUpDown className="size-3.5 text-dim" aria-hidden />
    </MenuButton>
  );
}
