import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { AccessExplanation } from "../../../workers/contract/api/access-explanation.ts";
import {
  AccessRequests,
  type AccessRequestStatus,
} from "../../../workers/contract/api/access-requests.ts";
import { request, toQuery } from "./request.ts";
import type { RequestScope } from "./server-requests.ts";
import { workspaceKey } from "./workspace.ts";

const PAGE = 25;

/** Query key of all requests for access of a workspace. */
export const accessRequestsKey = (slug: string) => workspaceKey(slug, "access-requests");

function toPath(slug: string, scope: RequestScope): string {
  return `/workspaces/${slug}/${scope === "mine" ? "me/" : ""}access-requests`;
}

/** Query: requests for access, newest first, in pages. `status` absent: any. */
export const accessRequestsQuery = (
  slug: string,
  scope: RequestScope,
  status?: AccessRequestStatus,
) =>
  infiniteQueryOptions({
    queryKey: [...accessRequestsKey(slug), scope, status],
    queryFn: ({ pageParam }) =>
      request(
        AccessRequests,
        "GET",
        `${toPath(slug, scope)}${toQuery({ status, limit: PAGE, cursor: pageParam })}`,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });

/** Query: the number of open requests for access. */
export const openAccessRequestsQuery = (slug: string) =>
  queryOptions({
    queryKey: [...accessRequestsKey(slug), "all", "waiting"],
    queryFn: () => request(AccessRequests, "GET", `${toPath(slug, "all")}${toQuery({ limit: 1 })}`),
  });

/** Query: whether a member may call a tool (null: use the whole server), and why. */
export const explanationQuery = (
  slug: string,
  { member, server, tool }: { member: string; server: string; tool: string | null },
) =>
  queryOptions({
    queryKey: workspaceKey(slug, "explanation", member, server, tool),
    queryFn: () =>
      request(
        AccessExplanation,
        "GET",
        `/workspaces/${slug}/access/explain${toQuery({ member, server, tool: tool ?? undefined })}`,
      ),
  });
