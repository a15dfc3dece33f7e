import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useMe } from "../../api/me.ts";
import { myToolsQuery } from "../../api/workspace.ts";
import { lastWorkspace } from "../../shell/last-workspace.ts";
import type { Asked } from "./asked.ts";

/** A server whose tools the user may call. */
export interface CallableServer {
  slug: string;
  name: string;
  /** Number of its tools that the user may call. */
  tools: number;
}

/** The workspace and the servers that the user lets the client call. `slug` is undefined if there is no workspace. */
export function useChoice(workspaces: Asked["workspaces"]) {
  const { memberships } = useMe();
  const [slug, setSlug] = useState(() =>
    lastWorkspace.find(
      memberships.filter(({ workspace }) =>
        workspaces.some((choice) => choice.slug === workspace.slug),
      ),
    ),
  );
  const [leftOut, setLeftOut] = useState<ReadonlySet<string>>(new Set());
  const query = useQuery({ ...myToolsQuery(slug ?? ""), enabled: slug !== undefined });
  const servers = useMemo(
    () =>
      [...Map.groupBy(query.data ?? [], ({ serverSlug }) => serverSlug)].map(
        ([server, tools]): CallableServer => ({
          slug: server,
          name: tools[0]?.serverName ?? server,
          tools: tools.length,
        }),
      ),
    [query.data],
  );
  const chosen = servers.filter((server) => !leftOut.has(server.slug));
  return {
    slug,
    setSlug: (next: string) => {
      setLeftOut(new Set());
      setSlug(next);
    },
    query,
    servers,
    chosen,
    choose: (server: string, isChosen: boolean) => {
      const next = new Set(leftOut);
      if (isChosen) next.delete(server);
      else next.add(server);
      setLeftOut(next);
    },
    /** Whether the user has seen the servers, and has left at least one of them. */
    canAllow: query.data !== undefined && (chosen.length > 0 || servers.length === 0),
    /** The rules that narrow the client's access; null: all that the user may call. */
    tools: chosen.length === servers.length ? null : chosen.map((server) => `${server.slug}:*`),
  };
}

/** What `useChoice` returns. */
export type Choice = ReturnType<typeof useChoice>;
