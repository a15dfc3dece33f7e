import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { MarketplaceServer, ServerSummary } from "../../../workers/contract/api/marketplace.ts";
import { request, toQuery } from "./request.ts";

const ServerPage = z.object({ items: z.array(ServerSummary), nextCursor: z.string().nullable() });

/** Query: whether visitors may read the marketplace. Fails with 401 where the operator has closed it. */
export const marketplaceAccessQuery = queryOptions({
  queryKey: ["marketplace", "access"],
  queryFn: () => request(ServerPage, "GET", `/marketplace/servers${toQuery({ limit: 1 })}`),
  staleTime: Infinity,
  retry: false,
});

/** Query: a server of the marketplace. */
export const marketplaceServerQuery = (namespace: string, name: string) =>
  queryOptions({
    queryKey: ["marketplace", "server", namespace, name],
    queryFn: () =>
      request(
        MarketplaceServer,
        "GET",
        `/marketplace/servers/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`,
      ),
  });
