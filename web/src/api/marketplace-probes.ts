import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { Drift } from "../../../workers/contract/api/marketplace-probes.ts";
import { toServerPath } from "./marketplace-paths.ts";
import { marketplaceServerKey } from "./marketplace.ts";
import { request } from "./request.ts";

const Items = z.object({ items: z.array(Drift) });

/** Query: what has changed between the probes of a server of the marketplace, the newest first. */
export const marketplaceDriftQuery = (name: string) =>
  queryOptions({
    queryKey: [...marketplaceServerKey(name), "drift"],
    queryFn: async () => (await request(Items, "GET", `${toServerPath(name)}/drift`)).items,
    // The server is probed once a day.
    staleTime: Infinity,
  });
