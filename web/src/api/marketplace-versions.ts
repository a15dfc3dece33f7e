import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  MarketplaceComparison,
  MarketplaceVersion,
} from "../../../workers/contract/api/marketplace-versions.ts";
import { toServerPath } from "./marketplace-paths.ts";
import { request, toQuery } from "./request.ts";

const Versions = z.object({ items: z.array(MarketplaceVersion) });

/** Query: the versions of a server of the marketplace, the present one first. `name`: with its namespace. */
export const marketplaceVersionsQuery = (name: string) =>
  queryOptions({
    queryKey: ["marketplace", "versions", name],
    queryFn: () => request(Versions, "GET", `${toServerPath(name)}/versions`),
  });

/** Query: what has changed from a version of a server of the marketplace to what its entry is now. */
export const marketplaceComparisonQuery = (name: string, from: string) =>
  queryOptions({
    queryKey: ["marketplace", "comparison", name, from],
    queryFn: () =>
      request(MarketplaceComparison, "GET", `${toServerPath(name)}/comparison${toQuery({ from })}`),
  });
