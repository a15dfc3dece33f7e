import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { AlertChannel, AlertChoices, Alerts } from "../../../workers/contract/api/alerts.ts";
import { request, toQuery } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

const PAGE = 25;

/** Query key of a workspace's channels for alerts. */
export const alertChannelsKey = (slug: string) => workspaceKey(slug, "alert-channels");
/** Query key of what the signed-in person gets by e-mail. */
export const alertChoicesKey = (slug: string) => workspaceKey(slug, "alert-choices");

/** Query: a workspace's alerts, newest first, in pages. */
export const alertsQuery = (slug: string) =>
  infiniteQueryOptions({
    queryKey: workspaceKey(slug, "alerts"),
    queryFn: ({ pageParam }) =>
      request(
        Alerts,
        "GET",
        `/workspaces/${slug}/alerts${toQuery({ limit: PAGE, cursor: pageParam })}`,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });

/** Query: the channels to which alerts are sent. */
export const alertChannelsQuery = (slug: string) =>
  queryOptions({
    queryKey: alertChannelsKey(slug),
    queryFn: async () => {
      const list = z.object({ items: z.array(AlertChannel) });
      return (await request(list, "GET", `/workspaces/${slug}/alert-channels`)).items;
    },
  });

/** Query: which alerts the signed-in person gets by e-mail. */
export const alertChoicesQuery = (slug: string) =>
  queryOptions({
    queryKey: alertChoicesKey(slug),
    queryFn: () => request(AlertChoices, "GET", `/workspaces/${slug}/me/alert-choices`),
  });
