import { queryOptions } from "@tanstack/react-query";
import {
  HostedInstance,
  HostedInstances,
  HostingCatalogue,
} from "../../../workers/contract/hosting/instances.ts";
import { request } from "./request.ts";
import { keyOf } from "./workspace.ts";

/** While something is about to change. */
const BUSY_POLL_MS = 400;
const POLL_MS = 5_000;

/** What can be deployed, and whether a host is there to run it. */
export const catalogueQuery = queryOptions({
  queryKey: ["catalogue"],
  queryFn: () => request(HostingCatalogue, "GET", "/hosting-catalogue"),
});

export const instancesKey = (slug: string) => keyOf(slug, "instances");

/** A workspace's hosted servers, and how many it may have. */
export const instancesQuery = (slug: string) =>
  queryOptions({
    queryKey: instancesKey(slug),
    queryFn: () => request(HostedInstances, "GET", `/workspaces/${slug}/instances`),
    refetchInterval: ({ state }) => (state.data?.items.some(isBusy) ? BUSY_POLL_MS : POLL_MS),
  });

/** One hosted server, as it is now. */
export const instanceQuery = (slug: string, id: string) =>
  queryOptions({
    queryKey: [...instancesKey(slug), id],
    queryFn: () => request(HostedInstance, "GET", `/workspaces/${slug}/instances/${id}`),
    refetchInterval: ({ state }) => (state.data && isBusy(state.data) ? BUSY_POLL_MS : POLL_MS),
  });

/** It is on its way: to its start, or to its first answer. */
function isBusy({ state, health }: HostedInstance): boolean {
  return (
    state === "pending" || state === "starting" || (state === "running" && health === "unknown")
  );
}

/** Where an instance's log is read as an event stream: its last lines, and with `follow` those to come. */
export function logUrl(slug: string, id: string, follow: boolean): string {
  return `/api/workspaces/${slug}/instances/${id}/logs?tail=50&follow=${follow ? 1 : 0}`;
}
