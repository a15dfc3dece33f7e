import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { AuditPerson, AuditView } from "../../../../workers/contract/api/audit-views.ts";
import { CallCounts, CallFilterValues } from "../../../../workers/contract/api/call-figures.ts";
import type { ToolCall } from "../../../../workers/contract/api/resources.ts";
import { request, toQuery } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { toApiFilters, type CallFilters, type TimeRange } from "./filters.ts";
import type { Log } from "./use-log.ts";

/** Counts are asked for again at most this often while new rows arrive. */
const COUNT_MS = 10_000;

/** Path in the API of a workspace's calls, or of the signed-in member's own. */
export function toCallsPath(slug: string, isMine: boolean): string {
  return `/workspaces/${slug}/${isMine ? "me/" : ""}tool-calls`;
}

/** Calls over time. `added`: the number of rows that the log had added by then, which are counted too. */
export type LogCounts = CallCounts & { added: number };

/**
 * Query: calls over time by status, up to the newest row of a log that was opened and last asked for rows at these
 * instants (epoch ms).
 */
export const callCountsQuery = (
  slug: string,
  isMine: boolean,
  filters: CallFilters,
  log: Pick<Log<ToolCall>, "openedAt" | "asOf" | "added" | "rows" | "isCurrent">,
) => {
  const path = `${toCallsPath(slug, isMine)}/counts`;
  const { openedAt, asOf, added, rows, isCurrent } = log;
  const query = { ...toApiFilters(filters, openedAt), upTo: rows?.[0]?.seq };
  return queryOptions({
    queryKey: workspaceKey(slug, path, filters, openedAt, Math.floor(asOf / COUNT_MS)),
    queryFn: async (): Promise<LogCounts> => ({
      ...(await request(CallCounts, "GET", path + toQuery(query))),
      added,
    }),
    // Rows of other filters, which are shown until these are loaded, say neither when the log was opened nor up to where.
    enabled: isCurrent,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
};

/** Query: the values by which the calls of a time range can be filtered. */
export const filterValuesQuery = (slug: string, isMine: boolean, range: TimeRange) => {
  const path = `${toCallsPath(slug, isMine)}/values`;
  return queryOptions({
    queryKey: workspaceKey(slug, path, range),
    queryFn: () =>
      request(CallFilterValues, "GET", path + toQuery({ ...toApiFilters(range, Date.now()) })),
  });
};

/** Query: the people whose changes the log can have. */
export const peopleQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "audit-events", "people"),
    queryFn: async () =>
      (
        await request(
          z.object({ items: z.array(AuditPerson) }),
          "GET",
          `/workspaces/${slug}/audit-events/people`,
        )
      ).items,
  });

/** Path in the API of the views that the signed-in member has saved. */
export function toViewsPath(slug: string): string {
  return `/workspaces/${slug}/me/audit-views`;
}

/** Query: the views that the signed-in member has saved. */
export const viewsQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "me", "audit-views"),
    queryFn: async () =>
      (await request(z.object({ items: z.array(AuditView) }), "GET", toViewsPath(slug))).items,
  });
