import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Building2, KeyRound, Plug, User, Wrench, type LucideIcon } from "lucide-react";
import type { Action } from "../../../../workers/contract/api/people.ts";
import { useMe, useMembership } from "../../api/me.ts";
import {
  membersQuery,
  myTokensQuery,
  myToolsQuery,
  serversQuery,
  tokensQuery,
} from "../../api/workspace.ts";
import { NAVIGATION } from "../navigation-groups.ts";
import type { Entry } from "./entry.ts";
import { useActions } from "./use-actions.ts";

/** All that the user can find in a workspace, by the role's permissions; without one, what is outside workspaces. */
export function useEntries(slug: string | undefined): Entry[] {
  const pages = usePages(slug);
  const actions = useActions(slug);
  const objects = useObjects(slug ?? "", slug !== undefined);
  const workspaces = useWorkspaces(slug);
  return [...pages, ...actions, ...objects, ...workspaces];
}

function usePages(slug: string | undefined): Entry[] {
  const navigate = useNavigate();
  const actions = useMembership(slug)?.actions ?? [];
  if (slug === undefined) return [];
  return NAVIGATION.forManagers
    .flatMap((group) => [...group.items])
    .filter(({ action }) => [action].flat().some((one) => actions.includes(one)))
    .map(({ to, label, icon }) => ({
      id: `page ${to}`,
      kind: "Pages",
      label,
      detail: "",
      keywords: "page",
      icon,
      run: () => void navigate({ to, params: { slug } }),
    }));
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
function useObjects(slug: string, isEnabled: boolean): Entry[] {
  const navigate = useNavigate();
  const actions = useMembership(slug)?.actions ?? [];
  const on = (action: Action) => ({ enabled: isEnabled && actions.includes(action) });
  const seesAllTokens = actions.includes("token.manage");
  const servers = useQuery({ ...serversQuery(slug), ...on("server.list") });
  const tools = useQuery({ ...myToolsQuery(slug), ...on("me.use") });
  const members = useQuery({ ...membersQuery(slug), ...on("member.manage") });
  const mine = useQuery({ ...myTokensQuery(slug), enabled: isEnabled && !seesAllTokens });
  const all = useQuery({ ...tokensQuery(slug), ...on("token.manage") });
  const tokens: UseQueryResult<{ id: string; label: string; lastFour: string }[]> = seesAllTokens
    ? all
    : mine;
  const make = (kind: string, icon: LucideIcon) => ({ kind, icon, keywords: kind });
  return [
    ...(servers.data ?? []).map((server) => ({
      ...make("Servers", Plug),
      id: `server ${server.slug}`,
      label: server.name,
      detail: server.slug,
      keywords: `${server.slug} server`,
      run: () =>
        void navigate({ to: "/w/$slug/servers/$server", params: { slug, server: server.slug } }),
    })),
    ...(tools.data ?? []).map(({ exposedName, serverName, description }) => ({
      ...make("Tools", Wrench),
      id: `tool ${exposedName}`,
      label: exposedName,
      detail: serverName,
      keywords: `${serverName} ${description?.slice(0, 80) ?? ""} tool`,
      run: () =>
        void navigate({ to: "/w/$slug/try", params: { slug }, search: { tool: exposedName } }),
    })),
    ...(members.data ?? []).map(({ id, name, email }) => ({
      ...make("People", User),
      id: `member ${id}`,
      label: name,
      detail: email ?? "",
      keywords: `${email ?? ""} member person`,
      run: () => void navigate({ to: "/w/$slug/members", params: { slug }, search: { q: name } }),
    })),
    ...(tokens.data ?? []).map(({ id, label, lastFour }) => ({
      ...make("Tokens", KeyRound),
      id: `token ${id}`,
      label,
      detail: `…${lastFour}`,
      keywords: `${lastFour} token`,
      run: () =>
        void navigate({
          to: "/w/$slug/tokens",
          params: { slug },
          search: { q: label, ...(seesAllTokens ? { view: "all" as const } : {}) },
        }),
    })),
  ];
}
