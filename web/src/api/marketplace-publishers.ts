import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { MarketplacePublisher } from "../../../workers/contract/api/marketplace-publishers.ts";
import { request, toQuery } from "./request.ts";

const PAGE_SERVERS = 25;

function readPublisher(namespace: string, parameters: Record<string, string | number>) {
  const path = `/marketplace/publishers/${encodeURIComponent(namespace)}`;
  return request(MarketplacePublisher, "GET", `${path}${toQuery(parameters)}`);
}

/** Query: a publisher of the marketplace with its servers, page by page. */
export const marketplacePublisherQuery = (namespace: string) =>
  infiniteQueryOptions({
    queryKey: ["marketplace", "publisher", namespace],
    queryFn: ({ pageParam }) =>
      readPublisher(namespace, {
        limit: PAGE_SERVERS,
        ...(pageParam === "" ? {} : { cursor: pageParam }),
      }),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** Query: the servers of a publisher with the highest scores. */
export const marketplacePublisherTopQuery = (namespace: string, limit: number) =>
  queryOptions({
    queryKey: ["marketplace", "publisher-top", namespace, limit],
    queryFn: () => readPublisher(namespace, { limit }),
  });
