import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  FollowedRegistry,
  FollowedServer,
  FollowPlan,
} from "../../../workers/contract/api/followed-registries.ts";
import { request } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

const List = z.object({ items: z.array(FollowedRegistry) }).transform(({ items }) => items);
const Servers = z.object({ items: z.array(FollowedServer) }).transform(({ items }) => items);

/** How often what is in progress is asked for. */
const RUNNING_MS = 1_000;
/** The gateway reads registries hourly. */
const IDLE_MS = 60_000;

/** Query key of all follows of a workspace. */
export const followsKey = (slug: string) => workspaceKey(slug, "followed-registries");

/** Query: the registries that a workspace follows. */
export const followsQuery = (slug: string) =>
  queryOptions({
    queryKey: [...followsKey(slug), "list"],
    queryFn: () => request(List, "GET", `/workspaces/${slug}/followed-registries`),
  });

/** Query: a follow with its plan. */
export const followPlanQuery = (slug: string, id: string) =>
  queryOptions({
    queryKey: [...followsKey(slug), "plan", id],
    queryFn: () => request(FollowPlan, "GET", `/workspaces/${slug}/followed-registries/${id}`),
    refetchInterval: ({ state }) => (state.data?.follow.isRunning === true ? RUNNING_MS : IDLE_MS),
  });

/** Query: the servers that follows keep. */
export const followedServersQuery = (slug: string) =>
  queryOptions({
    queryKey: [...followsKey(slug), "servers"],
    queryFn: () => request(Servers, "GET", `/workspaces/${slug}/followed-servers`),
  });
