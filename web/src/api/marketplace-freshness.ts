import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { SourceFreshness } from "../../../workers/contract/api/marketplace-freshness.ts";
import { request } from "./request.ts";

const Sources = z.object({ items: z.array(SourceFreshness) });

/** How often the progress of a sync is read. */
const PROGRESS_MS = 5_000;
const STALE_MS = 60_000;

/** Query: the registries that the marketplace is synced with, and how current each is. */
export const marketplaceFreshnessQuery = queryOptions({
  queryKey: ["marketplace", "freshness"],
  queryFn: () => request(Sources, "GET", "/marketplace/freshness"),
  staleTime: STALE_MS,
  refetchInterval: ({ state }) =>
    state.data?.items.some(({ running }) => running) ? PROGRESS_MS : false,
});
