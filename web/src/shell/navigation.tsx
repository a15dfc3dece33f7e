import { Link } from "@tanstack/react-router";
import {
  Cable,
  FlaskConical,
  KeyRound,
  LayoutDashboard,
  Plug,
  ScrollText,
  Settings,
  ShieldCheck,
  Users,
  type LucideIcon,
} from "lucide-react";
import type { Action } from "../../../workers/contract/api/people.ts";
import { useCan, useMembership } from "../api/me.ts";

const OVERVIEW = {
  to: "/w/$slug",
  label: "Overview",
  icon: LayoutDashboard,
  action: "workspace.view",
} as const;
const CONNECT = {
  to: "/w/$slug/connect",
  label: "Connect",
  icon: Cable,
  action: "me.use",
} as const;
const ITEMS = [
  { to: "/w/$slug/servers", label: "Servers", icon: Plug, action: "server.list" },
  { to: "/w/$slug/try", label: "Try a tool", icon: FlaskConical, action: "me.use" },
  { to: "/w/$slug/members", label: "Members", icon: Users, action: "member.manage" },
  { to: "/w/$slug/tokens", label: "Tokens", icon: KeyRound, action: "me.use" },
  { to: "/w/$slug/access", label: "Access", icon: ShieldCheck, action: "rules.edit" },
  { to: "/w/$slug/audit", label: "Audit log", icon: ScrollText, action: "me.use" },
  { to: "/w/$slug/settings", label: "Settings", icon: Settings, action: "workspace.configure" },
] as const;

/** Links to the workspace's pages that the signed-in user is allowed to open. */
export function Navigation({ slug }: { slug: string }) {
  const isMember = useMembership(slug)?.role === "member";
  const first = isMember ? [CONNECT, OVERVIEW] : [OVERVIEW, CONNECT];
  return (
    <nav aria-label="Workspace">
      <ul className="flex flex-col gap-0.5">
        {[...first, ...ITEMS].map((item) => (
          <Item key={item.to} slug={slug} {...item} />
        ))}
      </ul>
    </nav>
  );
}

interface ItemProps {
  slug: string;
  to: (typeof OVERVIEW | typeof CONNECT | (typeof ITEMS)[number])["to"];
  label: string;
  icon: LucideIcon;
  action: Action;
}

function Item({ slug, to, label, icon: Icon, action }: ItemProps) {
  if (!useCan(slug, action)) return null;
  return (
    <li>
      <Link
        to={to}
        params={{ slug }}
        activeOptions={{ exact: to === "/w/$slug", includeSearch: false }}
        className="flex h-8 items-center gap-2.5 rounded-md px-2 text-dim transition-colors hover:bg-soft hover:text-ink aria-[current=page]:bg-soft aria-[current=page]:font-medium aria-[current=page]:text-ink"
      >
        <Icon className="size-4" strokeWidth={1.75} aria-hidden />
        {label}
      </Link>
    </li>
  );
}
