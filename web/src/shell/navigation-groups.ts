import {
  BellRing,
  Cable,
  FileCheck,
  Combine,
  FlaskConical,
  History,
  IdCard,
  Inbox,
  KeyRound,
  LayoutDashboard,
  OctagonX,
  Plug,
  ScanSearch,
  PackagePlus,
  ScrollText,
  Settings,
  ShieldCheck,
  ShieldQuestion,
  Users,
  UsersRound,
  WandSparkles,
} from "lucide-react";
import type { Action } from "../../../workers/contract/api/people.ts";

/** A group of pages by what a user does there. `action` is the permission that a page needs, or several of which one is enough. */
const USE = {
  label: "Use",
  items: [
    { to: "/w/$slug/connect", label: "Connect", icon: Cable, action: "me.use" },
    { to: "/w/$slug/try", label: "Try a tool", icon: FlaskConical, action: "me.use" },
    { to: "/w/$slug/tokens", label: "Tokens", icon: KeyRound, action: ["me.use", "token.read"] },
    { to: "/w/$slug/accounts", label: "Your accounts", icon: IdCard, action: "me.use" },
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
    { to: "/w/$slug/alerts", label: "Alerts", icon: BellRing, action: "audit.read" },
  ],
} as const;
const MANAGE = {
  label: "Manage",
  items: [
    { to: "/w/$slug/servers", label: "Servers", icon: Plug, action: "server.list" },
    { to: "/w/$slug/requests", label: "Requests", icon: Inbox, action: "request.read" },
    { to: "/w/$slug/members", label: "People", icon: Users, action: "member.read" },
    { to: "/w/$slug/teams", label: "Teams", icon: UsersRound, action: "rules.read" },
    { to: "/w/$slug/access", label: "Access", icon: ShieldCheck, action: "rules.read" },
    { to: "/w/$slug/stop", label: "Stop", icon: OctagonX, action: "token.read" },
    { to: "/w/$slug/versions", label: "Versions", icon: History, action: "audit.read" },
    { to: "/w/$slug/settings", label: "Settings", icon: Settings, action: "rules.read" },
  ],
} as const;

/** For members, whose pages are about themselves. */
const USE_AS_MEMBER = {
  label: "Use",
  items: [
    USE.items[0],
    { to: "/w/$slug/my-access", label: "My access", icon: ShieldQuestion, action: "me.use" },
    { to: "/w/$slug/requests", label: "Requests", icon: Inbox, action: "me.use" },
    USE.items[1],
    USE.items[2],
    USE.items[3],
  ],
} as const;

/** Pages for servers before a workspace has them. */
export const WORKSHOP = {
  label: "Workshop",
  items: [
    { to: "/workshop/scan", label: "Scan a configuration", icon: ScanSearch },
    { to: "/workshop/check", label: "Check a configuration", icon: FileCheck },
    { to: "/workshop/compose", label: "Compose", icon: Combine },
    { to: "/workshop/generate", label: "Write a server", icon: WandSparkles },
    { to: "/workshop/publish", label: "Publish a server", icon: PackagePlus },
  ],
} as const;

/** A page of the navigation. */
export type NavigationItem = (
  | typeof USE_AS_MEMBER
  | typeof OBSERVE
  | typeof MANAGE
)["items"][number];

/**
 * The pages that a user with these permissions can open, in groups. What they do with the workspace's tools comes first
 * for users who do not read its audit log.
 */
export function listPages(
  actions: readonly Action[],
): { label: string; items: NavigationItem[] }[] {
  const groups = actions.includes("audit.read")
    ? [OBSERVE, USE, MANAGE]
    : [USE_AS_MEMBER, OBSERVE, MANAGE];
  return groups
    .map(({ label, items }) => ({
      label,
      items: items.filter(({ action }) => [action].flat().some((one) => actions.includes(one))),
    }))
    .filter(({ items }) => items.length > 0);
}
