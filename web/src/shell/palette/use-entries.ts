import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Bot, Building2, KeyRound, Plug, Star, Store, User, Wrench } from "lucide-react";
import type { Action } from "../../../../workers/contract/api/people.ts";
import { useMe, useMembership } from "../../api/me.ts";
import {
  membersQuery,
  myTokensQuery,
  myToolsQuery,
  serversQuery,
  tokensQuery,
  toolNamesQuery,
} from "../../api/workspace.ts";
import { listPages, WORKSHOP } from "../navigation-groups.ts";
import type { Entry } from "./entry.ts";
import { useActions } from "./use-actions.ts";

/** All that the user can find in a workspace, by the role's permissions; without one, what is outside workspaces. */
export function useEntries(slug: string | undefined): Entry[] {
  const pages = usePages(slug);
  const actions = useActions(slug);
  const objects = useObjects(slug);
  const workspaces = useWorkspaces(slug);
  return [...pages, ...actions, ...objects, ...workspaces];
}

function usePages(slug: string | undefined): Entry[] {
  const navigate = useNavigate();
  const { user } = useMe();
  const actions = useMembership(slug)?.actions ?? [];
  const page = { kind: "Pages", detail: "", keywords: "page" };
  const marketplace = {
    ...page,
    id: "page /marketplace",
    label: "Marketplace",
    keywords: "page servers catalogue registry find",
    icon: Store,
    run: () => void navigate({ to: "/marketplace" }),
  };
  const curation = {
    ...page,
    id: "page /curation",
    label: "Curation",
    keywords: "page marketplace collections reports hide server of the week",
    icon: Star,
    run: () => void navigate({ to: "/curation" }),
  };
  const workshop = WORKSHOP.items.map(({ to, label, icon }) => ({
    ...page,
    id: `page ${to}`,
    label,
    keywords: "page workshop",
    icon,
    run: () => void navigate({ to }),
  }));
  const ofAll = [marketplace, ...workshop, ...(user.curatesMarketplace ? [curation] : [])];
  if (slug === undefined) return ofAll;
  const ofWorkspace = listPages(actions)
    .flatMap(({ items }) => items)
    .map(({ to, label, icon }) => ({
      ...page,
      id: `page ${to}`,
      label,
      icon,
      run: () => void navigate({ to, params: { slug } }),
    }));
  return [...ofWorkspace, ...ofAll];
}

function useWorkspaces(slug: string | undefined): Entry[] {
  const navigate = useNavigate();
  return useMe()
    .memberships.filter(({ workspace }) => workspace.slug !== slug)
    .map(({ workspace }) => ({
      id: `workspace ${workspace.slug}`,
      kind: "Workspaces",
      label: workspace.name,
      detail: workspace.slug,
      keywords: `${workspace.slug} workspace`,
      icon: Building2,
      run: () => void navigate({ to: "/w/$slug", params: { slug: workspace.slug } }),
    }));
}

/** Servers, tools, people and tokens. */
function useObjects(slug: string | undefined): Entry[] {
  const tools = useTools(slug ?? "");
  const tokens = useTokens(slug ?? "");
  const navigate = useNavigate();
  const on = usePermissions(slug ?? "");
  const servers = useQuery({ ...serversQuery(slug ?? ""), ...on("server.list") });
  const members = useQuery({ ...membersQuery(slug ?? ""), ...on("member.read") });
  if (slug === undefined) return [];
  return [
    ...(servers.data ?? []).map((server) => ({
      id: `server ${server.slug}`,
      kind: "Servers",
      icon: Plug,
      label: server.name,
      detail: server.slug,
      keywords: `${server.slug} server`,
      run: () =>
        void navigate({ to: "/w/$slug/servers/$server", params: { slug, server: server.slug } }),
    })),
    ...tools,
    ...(members.data ?? []).map(({ id, name, email, agent }) => ({
      id: `member ${id}`,
      kind: "People",
      icon: agent === null ? User : Bot,
      label: name,
      detail: email ?? "",
      keywords: agent === null ? `${email ?? ""} member person` : "agent",
      run: () =>
        agent === null
          ? void navigate({ to: "/w/$slug/members", params: { slug }, search: { q: name } })
          : void navigate({ to: "/w/$slug/members/$agent", params: { slug, agent: id } }),
    })),
    ...tokens,
  ];
}

/** Options of a query for those who are allowed the action. */
function usePermissions(slug: string): (action: Action) => { enabled: boolean } {
  const actions = useMembership(slug)?.actions ?? [];
  return (action) => ({ enabled: actions.includes(action) });
}

/** The workspace's tools, with their server's page; for members the tools that they may call, with the page to try them. */
function useTools(slug: string): Entry[] {
  const navigate = useNavigate();
  const all = usePermissions(slug)("rules.read");
  const named = useQuery({ ...toolNamesQuery(slug), ...all });
  const callable = useQuery({ ...myToolsQuery(slug), enabled: slug !== "" && !all.enabled });
  const make = (exposedName: string, server: string) => ({
    id: `tool ${exposedName}`,
    kind: "Tools",
    icon: Wrench,
    label: exposedName,
    detail: server,
  });
  return [
    ...(named.data ?? []).map(({ exposedName, serverSlug, name }) => ({
      ...make(exposedName, serverSlug),
      keywords: `${serverSlug} ${name} tool`,
      run: () =>
        void navigate({
          to: "/w/$slug/servers/$server",
          params: { slug, server: serverSlug },
          search: { tab: "tools", q: name },
        }),
    })),
    ...(callable.data ?? []).map(({ exposedName, serverName, description }) => ({
      ...make(exposedName, serverName),
      keywords: `${serverName} ${description?.slice(0, 80) ?? ""} tool`,
      run: () =>
        void navigate({ to: "/w/$slug/try", params: { slug }, search: { tool: exposedName } }),
    })),
  ];
}

/** The workspace's tokens; for members their own. */
function useTokens(slug: string): Entry[] {
  const navigate = useNavigate();
  const all = usePermissions(slug)("token.read");
  const ofAll = useQuery({ ...tokensQuery(slug), ...all });
  const mine = useQuery({ ...myTokensQuery(slug), enabled: slug !== "" && !all.enabled });
  const tokens: { id: string; label: string; lastFour: string }[] =
    (all.enabled ? ofAll.data : mine.data) ?? [];
  const view = all.enabled ? { view: "all" as const } : {};
  return tokens.map(({ id, label, lastFour }) => ({
    id: `token ${id}`,
    kind: "Tokens",
    icon: KeyRound,
    label,
    detail: `…${lastFour}`,
    keywords: `${lastFour} token`,
    run: () =>
      void navigate({ to: "/w/$slug/tokens", params: { slug }, search: { q: label, ...view } }),
  }));
}
