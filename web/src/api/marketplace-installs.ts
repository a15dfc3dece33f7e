import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  MarketplaceInstalls,
  TrendingServer,
  type InstallInput,
} from "../../../workers/contract/api/marketplace-installs.ts";
import { toServerPath } from "./marketplace-paths.ts";
import { request, requestNoContent } from "./request.ts";

const TrendingServers = z.object({ items: z.array(TrendingServer) });

/** Trends change by the day. */
const STALE_MS = 600_000;

/** Query key of the installs of a server of the marketplace. `name`: with its namespace. */
export const marketplaceInstallsKey = (name: string) => ["marketplace", "installs", name];

/** Query: how often a server of the marketplace was installed, by week. */
export const marketplaceInstallsQuery = (name: string) =>
  queryOptions({
    queryKey: marketplaceInstallsKey(name),
    queryFn: () => request(MarketplaceInstalls, "GET", `${toServerPath(name)}/installs`),
  });

/** Query: the servers whose installs have grown most. */
export const marketplaceTrendingQuery = queryOptions({
  queryKey: ["marketplace", "trending"],
  queryFn: () => request(TrendingServers, "GET", "/marketplace/trending"),
  staleTime: STALE_MS,
});

/** Counts an install of a server, also if the page is left for the address of a link. */
export function countInstall(
  name: string,
  client: z.input<typeof InstallInput>["client"],
): Promise<void> {
  const body: z.input<typeof InstallInput> = { client };
  return requestNoContent("POST", `${toServerPath(name)}/installs`, body, { keepalive: true });
}
