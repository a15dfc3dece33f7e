import { queryOptions } from "@tanstack/react-query";
import {
  HostedInstance,
  HostedInstances,
  HostingCatalogue,
} from "../../../workers/contract/hosting/instances.ts";
import { InstanceVersions } from "../../../workers/contract/hosting/version-switch.ts";
import { request } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

/** Polling interval while an instance starts. */
const STARTING_POLL_MS = 400;
const POLL_MS = 5_000;

/** Query: the servers that can be deployed, and whether a container host is available. */
export const hostingCatalogueQuery = queryOptions({
  queryKey: ["catalogue"],
  queryFn: () => request(HostingCatalogue, "GET", "/hosting-catalogue"),
});

/** Query key prefix of all instance data of a workspace. */
export const instancesKey = (slug: string) => workspaceKey(slug, "instances");

/** Query: a workspace's hosted servers and its plan limit. Polls, faster while one starts. */
export const instancesQuery = (slug: string) =>
  queryOptions({
    queryKey: instancesKey(slug),
    queryFn: () => request(HostedInstances, "GET", `/workspaces/${slug}/instances`),
    refetchInterval: ({ state }) =>
      state.data?.items.some(isStarting) ? STARTING_POLL_MS : POLL_MS,
  });

/** Query: one hosted server. Polls, faster while it starts. */
export const instanceQuery = (slug: string, id: string) =>
  queryOptions({
    queryKey: [...instancesKey(slug), id],
    queryFn: () => request(HostedInstance, "GET", `/workspaces/${slug}/instances/${id}`),
    refetchInterval: ({ state }) =>
      state.data && isStarting(state.data) ? STARTING_POLL_MS : POLL_MS,
  });

/** True until the instance runs and its first health check is done. */
function isStarting({ state, health }: HostedInstance): boolean {
  return (
    state === "pending" || state === "starting" || (state === "running" && health === "unknown")
  );
}

/** URL of an instance's log as an event stream: the last 50 lines, and with `follow` all new lines. */
export function toLogUrl(slug: string, id: string, follow: boolean): string {
  return `/api/workspaces/${slug}/instances/${id}/logs?tail=50&follow=${follow ? 1 : 0}`;
}

/** Query: the versions of a hosted server's package. A host asks the npm registry for them. */
export const instanceVersionsQuery = (slug: string, id: string) =>
  queryOptions({
    // Not below the key of the instances: a restart would wait until the registry answers.
    queryKey: [...workspaceKey(slug, "instance-versions"), id],
    queryFn: () => request(InstanceVersions, "GET", `/workspaces/${slug}/instances/${id}/versions`),
    staleTime: 60_000,
  });
