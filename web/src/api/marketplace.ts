import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { MarketplaceReadme } from "../../../workers/contract/api/marketplace-readme.ts";
import { SearchSummary } from "../../../workers/contract/api/marketplace-search.ts";
import { MarketplaceServer, ServerSummary } from "../../../workers/contract/api/marketplace.ts";
import type { SEARCH } from "../search-params.ts";
import { toServerPath } from "./marketplace-paths.ts";
import { request, toQuery } from "./request.ts";

/** What is searched in the marketplace: words, filters and the order, as the page's address has them. */
export type MarketplaceSearch = z.infer<(typeof SEARCH)["marketplace"]>;

const ServerPage = z.object({ items: z.array(ServerSummary), nextCursor: z.string().nullable() });

/** The marketplace changes by the hour. */
const STALE_MS = 60_000;
const PAGE_SERVERS = 25;

function toParameters(search: MarketplaceSearch): Record<string, string | number | undefined> {
  const entries = Object.entries(search);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "boolean" ? String(value) : value]),
  );
}

function readServers(parameters: Record<string, string | number | undefined>) {
  return request(ServerPage, "GET", `/marketplace/servers${toQuery(parameters)}`);
}

/** Query: the servers that a search finds, page by page. While the next search runs, those of the last one stay. */
export const marketplaceServersQuery = (search: MarketplaceSearch) =>
  infiniteQueryOptions({
    queryKey: ["marketplace", "servers", search],
    queryFn: ({ pageParam }) =>
      readServers({ ...toParameters(search), limit: PAGE_SERVERS, cursor: pageParam }),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
    staleTime: STALE_MS,
  });

/** Query: how many servers a search finds, by each filter, and what it may have meant. */
export const marketplaceSummaryQuery = ({ sort: _sort, ...search }: MarketplaceSearch) =>
  queryOptions({
    queryKey: ["marketplace", "summary", search],
    queryFn: () =>
      request(SearchSummary, "GET", `/marketplace/search-summary${toQuery(toParameters(search))}`),
    placeholderData: keepPreviousData,
    staleTime: STALE_MS,
  });

/** Query: the first servers of the marketplace in an order. */
export const marketplaceTopQuery = (sort: "score" | "newest", limit: number) =>
  queryOptions({
    queryKey: ["marketplace", "top", sort, limit],
    queryFn: () => readServers({ sort, limit }),
    staleTime: STALE_MS,
  });

/** Query: whether visitors may read the marketplace. Fails with 401 where the operator has closed it. */
export const marketplaceAccessQuery = queryOptions({
  queryKey: ["marketplace", "access"],
  queryFn: () => readServers({ limit: 1 }),
  staleTime: Infinity,
  retry: false,
});

/** Query key of a server of the marketplace. `name`: with its namespace. */
export const marketplaceServerKey = (name: string) => ["marketplace", "server", name];

/** Query: a server of the marketplace. */
export const marketplaceServerQuery = (namespace: string, name: string) =>
  queryOptions({
    queryKey: marketplaceServerKey(`${namespace}/${name}`),
    queryFn: () =>
      request(
        MarketplaceServer,
        "GET",
        `/marketplace/servers/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`,
      ),
    staleTime: STALE_MS,
  });

/** Query: the README of a server of the marketplace. `name`: with its namespace. */
export const marketplaceReadmeQuery = (name: string) =>
  queryOptions({
    queryKey: ["marketplace", "readme", name],
    queryFn: () => request(MarketplaceReadme, "GET", `${toServerPath(name)}/readme`),
    staleTime: STALE_MS,
  });
