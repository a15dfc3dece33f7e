import { useNavigate } from "@tanstack/react-router";
import { CircleUser, Copy, LogOut, Monitor, Moon, Plus, Rows2, Rows3, Sun } from "lucide-react";
import type { Action } from "../../../../workers/contract/api/people.ts";
import { useMe, useMembership } from "../../api/me.ts";
import { toGatewayUrl } from "../../connect/gateway-url.ts";
import { showErrorToast, showToast } from "../../ui/toast.ts";
import { saveDensity, saveTheme } from "../appearance.ts";
import { useSignOut } from "../use-sign-out.ts";
import type { Entry } from "./entry.ts";

type Described = Omit<Entry, "id" | "kind" | "detail">;

/** The actions that the user can start from anywhere. */
export function useActions(slug: string | undefined): Entry[] {
  const general = useGeneralActions();
  const ofWorkspace = useWorkspaceActions(slug);
  return [...ofWorkspace, ...general].map((action) => ({
    ...action,
    id: `action ${action.label}`,
    kind: "Actions",
    detail: "",
  }));
}

function useWorkspaceActions(slug: string | undefined): Described[] {
  const navigate = useNavigate();
  const actions = useMembership(slug)?.actions ?? [];
  if (slug === undefined) return [];
  const params = { slug };
  const all: (Described & { action: Action })[] = [
    {
      action: "server.manage",
      label: "Add a server",
      keywords: "new create connect",
      icon: Plus,
      run: () => void navigate({ to: "/w/$slug/servers/new", params }),
    },
    {
      action: "member.manage",
      label: "Invite people",
      keywords: "new add member person",
      icon: Plus,
      run: () => void navigate({ to: "/w/$slug/members", params }),
    },
    {
      action: "me.use",
      label: "Create a token",
      keywords: "new add key",
      icon: Plus,
      run: () => void navigate({ to: "/w/$slug/tokens", params }),
    },
    {
      action: "workspace.view",
      label: "Copy the gateway URL",
      keywords: "address connect mcp",
      icon: Copy,
      run: () =>
        void navigator.clipboard
          .writeText(toGatewayUrl(slug))
          .then(() => showToast("Gateway URL copied"), showErrorToast),
    },
  ];
  return all.filter(({ action }) => actions.includes(action));
}

function useGeneralActions(): Described[] {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const { canCreateWorkspaces } = useMe();
  const theme = { keywords: "theme colour color appearance" };
  const density = { keywords: "density appearance rows" };
  return [
    {
      label: "Account",
      keywords: "passkeys recovery codes sessions name",
      icon: CircleUser,
      run: () => void navigate({ to: "/account" }),
    },
    ...(canCreateWorkspaces
      ? [
          {
            label: "New workspace",
            keywords: "create add",
            icon: Plus,
            run: () => void navigate({ to: "/new" }),
          },
        ]
      : []),
    { ...theme, label: "Light theme", icon: Sun, run: () => saveTheme("light") },
    { ...theme, label: "Dark theme", icon: Moon, run: () => saveTheme("dark") },
    { ...theme, label: "Theme of the system", icon: Monitor, run: () => saveTheme("system") },
    { ...density, label: "Comfortable rows", icon: Rows2, run: () => saveDensity("comfortable") },
    { ...density, label: "Compact rows", icon: Rows3, run: () => saveDensity("compact") },
    {
      label: "Sign out",
      keywords: "log out leave end session",
      icon: LogOut,
      run: signOut,
    },
  ];
}
