import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useMe } from "../../api/me.ts";
import { myAccountsQuery, myToolsQuery } from "../../api/workspace.ts";
import { lastWorkspace } from "../../shell/last-workspace.ts";
import type { Asked } from "./asked.ts";

/** A server whose tools the user may call. */
export interface CallableServer {
  slug: string;
  name: string;
  /** Number of its tools that the user may call; 0: they are not known yet. */
  tools: number;
}

/** Of the address of one server, which a request can name as its resource (RFC 8707). */
const SERVER_ADDRESS = /\/mcp\/[a-z0-9-]+\/([a-z0-9-]+)\/?$/;

/**
 * The workspace and the servers that the user lets the client call; at first those for which it asks in its `query`. `slug` is
 * undefined if there is no workspace.
 */
export function useChoice(workspaces: Asked["workspaces"], query: string) {
  const resource = new URLSearchParams(query).get("resource") ?? "";
  const [, only] = SERVER_ADDRESS.exec(resource) ?? [];
  const { memberships } = useMe();
  const [slug, setSlug] = useState(() =>
    lastWorkspace.find(
      memberships.filter(({ workspace }) =>
        workspaces.some((choice) => choice.slug === workspace.slug),
      ),
    ),
  );
  const [decided, setDecided] = useState<ReadonlySet<string>>();
  const toolsQuery = useQuery({ ...myToolsQuery(slug ?? ""), enabled: slug !== undefined });
  const accounts = useQuery({ ...myAccountsQuery(slug ?? ""), enabled: slug !== undefined });
  const servers = useMemo(() => {
    const bySlug = Map.groupBy(toolsQuery.data ?? [], ({ serverSlug }) => serverSlug);
    const listed = [...bySlug].map(([server, tools]): CallableServer => ({
      slug: server,
      name: tools[0]?.serverName ?? server,
      tools: tools.length,
    }));
    // Their tools are known when a person has connected an account.
    const unlisted = (accounts.data ?? []).flatMap(({ server, member, blockedBy }) =>
      member.isAgent || blockedBy !== null || bySlug.has(server.slug)
        ? []
        : [{ ...server, tools: 0 }],
    );
    return [...listed, ...unlisted];
  }, [toolsQuery.data, accounts.data]);
  const leftOut =
    decided ??
    new Set(servers.flatMap((one) => (only === undefined || one.slug === only ? [] : one.slug)));
  const chosen = servers.filter((server) => !leftOut.has(server.slug));
  return {
    slug,
    setSlug: (next: string) => {
      setDecided(undefined);
      setSlug(next);
    },
    query: toolsQuery,
    servers,
    chosen,
    choose: (server: string, isChosen: boolean) => {
      const next = new Set(leftOut);
      if (isChosen) next.delete(server);
      else next.add(server);
      setDecided(next);
    },
    /** Whether the user has seen the servers, and has left at least one of them. */
    canAllow:
      toolsQuery.data !== undefined &&
      !accounts.isPending &&
      (chosen.length > 0 || servers.length === 0),
    /** The rules that narrow the client's access; null: all that the user may call. */
    tools: chosen.length === servers.length ? null : chosen.map((server) => `${server.slug}:*`),
  };
}

/** What `useChoice` returns. */
export type Choice = ReturnType<typeof useChoice>;
