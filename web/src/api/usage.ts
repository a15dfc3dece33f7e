import { queryOptions } from "@tanstack/react-query";
import {
  Refusals,
  Usage,
  UsageTotals,
  type UsageDimension,
  type UsageOrder,
  type UsageTotalsDimension,
} from "../../../workers/contract/api/usage.ts";
import { request, toQuery } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

/** A range of usage figures; instants in epoch ms. */
export interface UsageRange {
  from: number;
  to: number;
  step: "minute" | "hour" | "day";
}

/** What usage figures are read: `isMine`: only those of the signed-in member. */
export interface UsageScope {
  slug: string;
  isMine: boolean;
  range: UsageRange;
}

const REFRESH_MS = 60_000;
/** The newest calls are stored within seconds. */
const MINUTES_REFRESH_MS = 10_000;
/** More colours are hard to distinguish in one chart. */
const MAX_SERIES = 6;
/** All items of a list, in practice. */
export const ALL_ITEMS = 1_000;

function toRefresh({ range }: UsageScope): number {
  return range.step === "minute" ? MINUTES_REFRESH_MS : REFRESH_MS;
}

function toPath({ slug, isMine }: UsageScope, path: string): string {
  return `/workspaces/${slug}/${isMine ? "me/" : ""}${path}`;
}

/** Query: usage over time; of the names with the most calls, unless `by` is `all`. Of a member only in total. */
export const usageQuery = (scope: UsageScope, by: UsageDimension) =>
  queryOptions({
    queryKey: workspaceKey(scope.slug, "usage", scope, by),
    queryFn: () =>
      request(
        Usage,
        "GET",
        toPath(scope, "usage") +
          toQuery({ ...scope.range, ...(scope.isMine ? {} : { by, limit: MAX_SERIES }) }),
      ),
    refetchInterval: toRefresh(scope),
    placeholderData: (previous) => previous,
  });

/** Which figures a list of totals has. */
export interface TotalsChoice {
  by: UsageTotalsDimension;
  order?: UsageOrder;
  limit: number;
  /** Only calls of this server. */
  server?: string;
}

/** Query: the figures of every server, tool, member or client. */
export const usageTotalsQuery = (scope: UsageScope, choice: TotalsChoice) =>
  queryOptions({
    queryKey: workspaceKey(scope.slug, "usage-totals", scope, choice),
    queryFn: () =>
      request(
        UsageTotals,
        "GET",
        toPath(scope, "usage/totals") + toQuery({ ...scope.range, ...choice }),
      ),
    refetchInterval: toRefresh(scope),
    placeholderData: (previous) => previous,
  });

/** Query: refused calls by member, tool and reason. */
export const refusalsQuery = (scope: UsageScope) =>
  queryOptions({
    queryKey: workspaceKey(scope.slug, "refusals", scope),
    queryFn: () =>
      request(
        Refusals,
        "GET",
        toPath(scope, "usage/refusals") + toQuery({ ...scope.range, limit: ALL_ITEMS }),
      ),
    refetchInterval: toRefresh(scope),
    placeholderData: (previous) => previous,
  });
