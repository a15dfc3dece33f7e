import {
  FlaskConical,
  KeyRound,
  LayoutDashboard,
  Plug,
  ScrollText,
  Settings,
  ShieldCheck,
  Users,
} from "lucide-react";

/** A group of pages by what a user does there. `action` is the permission that a page needs. */
const USE = {
  label: "Use",
  items: [
    { to: "/w/$slug/try", label: "Try a tool", icon: FlaskConical, action: "me.use" },
    { to: "/w/$slug/tokens", label: "Tokens", icon: KeyRound, action: "me.use" },
  ],
} as const;
const OBSERVE = {
  label: "Observe",
  items: [
    { to: "/w/$slug", label: "Overview", icon: LayoutDashboard, action: "workspace.view" },
    { to: "/w/$slug/audit", label: "Audit log", icon: ScrollText, action: "me.use" },
  ],
} as const;
const MANAGE = {
  label: "Manage",
  items: [
    { to: "/w/$slug/servers", label: "Servers", icon: Plug, action: "server.list" },
    { to: "/w/$slug/members", label: "Members", icon: Users, action: "member.manage" },
    { to: "/w/$slug/access", label: "Access", icon: ShieldCheck, action: "rules.edit" },
    { to: "/w/$slug/settings", label: "Settings", icon: Settings, action: "workspace.configure" },
  ],
} as const;

/** A page of the navigation. */
export type NavigationItem = (typeof USE | typeof OBSERVE | typeof MANAGE)["items"][number];

/** The groups of the navigation, in the order for users who can read the workspace's audit log, and for other members. */
export const NAVIGATION = {
  forManagers: [OBSERVE, USE, MANAGE],
  forMembers: [USE, OBSERVE, MANAGE],
} as const;
