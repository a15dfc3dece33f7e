import {
  Cable,
  FlaskConical,
  KeyRound,
  LayoutDashboard,
  OctagonX,
  Plug,
  ScrollText,
  Settings,
  ShieldCheck,
  ShieldQuestion,
  Users,
} from "lucide-react";

/** A group of pages by what a user does there. `action` is the permission that a page needs, or several of which one is enough. */
const USE = {
  label: "Use",
  items: [
    { to: "/w/$slug/connect", label: "Connect", icon: Cable, action: "me.use" },
    { to: "/w/$slug/try", label: "Try a tool", icon: FlaskConical, action: "me.use" },
    { to: "/w/$slug/tokens", label: "Tokens", icon: KeyRound, action: ["me.use", "token.read"] },
  ],
} as const;
const OBSERVE = {
  label: "Observe",
  items: [
    { to: "/w/$slug", label: "Overview", icon: LayoutDashboard, action: "workspace.view" },
    {
      to: "/w/$slug/audit",
      label: "Audit log",
      icon: ScrollText,
      action: ["me.use", "audit.read"],
    },
  ],
} as const;
const MANAGE = {
  label: "Manage",
  items: [
    { to: "/w/$slug/servers", label: "Servers", icon: Plug, action: "server.list" },
    { to: "/w/$slug/members", label: "People", icon: Users, action: "member.read" },
    { to: "/w/$slug/access", label: "Access", icon: ShieldCheck, action: "rules.read" },
    { to: "/w/$slug/stop", label: "Stop", icon: OctagonX, action: "token.read" },
    { to: "/w/$slug/settings", label: "Settings", icon: Settings, action: "workspace.configure" },
  ],
} as const;

/** For members, whose pages are about themselves. */
const USE_AS_MEMBER = {
  label: "Use",
  items: [
    { to: "/w/$slug/my-access", label: "My access", icon: ShieldQuestion, action: "me.use" },
    ...USE.items,
  ],
} as const;

/** A page of the navigation. */
export type NavigationItem = (
  | typeof USE_AS_MEMBER
  | typeof OBSERVE
  | typeof MANAGE
)["items"][number];

/** The groups of the navigation, in the order for users who can read the workspace's audit log, and for other members. */
export const NAVIGATION = {
  forManagers: [OBSERVE, USE, MANAGE],
  forMembers: [USE_AS_MEMBER, OBSERVE, MANAGE],
} as const;
