import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import {
  ServerRequests,
  type RequestStatus,
} from "../../../workers/contract/api/marketplace-requests.ts";
import { useCan } from "./me.ts";
import { request, toQuery } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

/** Whose requests: all of the workspace, or those of the signed-in member. */
export type RequestScope = "all" | "mine";

const PAGE = 25;

/** Query key of all requests of a workspace. */
export const requestsKey = (slug: string) => workspaceKey(slug, "server-requests");

function toPath(slug: string, scope: RequestScope): string {
  return `/workspaces/${slug}/${scope === "mine" ? "me/" : ""}server-requests`;
}

/** Which requests; absent: any. `entry`: the name of an entry of the marketplace. */
interface RequestFilter {
  status?: RequestStatus;
  entry?: string;
}

/** Query: requests, newest first, in pages. */
export const requestsQuery = (slug: string, scope: RequestScope, filter: RequestFilter = {}) =>
  infiniteQueryOptions({
    queryKey: [...requestsKey(slug), scope, filter],
    queryFn: ({ pageParam }) =>
      request(
        ServerRequests,
        "GET",
        `${toPath(slug, scope)}${toQuery({ ...filter, limit: PAGE, cursor: pageParam })}`,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });

/** Query: the number of requests that wait for the user: open ones for who reads the queue, else new outcomes. */
export const waitingRequestsQuery = (slug: string, scope: RequestScope) =>
  queryOptions({
    queryKey: [...requestsKey(slug), scope, "waiting"],
    queryFn: () => request(ServerRequests, "GET", `${toPath(slug, scope)}${toQuery({ limit: 1 })}`),
  });

/** The requests that the signed-in user is shown. */
export function useRequestScope(slug: string): RequestScope {
  return useCan(slug, "request.read") ? "all" : "mine";
}
