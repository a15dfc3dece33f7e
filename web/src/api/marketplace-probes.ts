import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { Drift } from "../../../workers/contract/api/marketplace-probes.ts";
import { marketplaceServerKey } from "./marketplace.ts";
import { request } from "./request.ts";

const Items = z.object({ items: z.array(Drift) });

/** Query: what has changed between the probes of a server of the marketplace, the newest first. */
export const marketplaceDriftQuery = (name: string) =>
  queryOptions({
    queryKey: [...marketplaceServerKey(name), "drift"],
    queryFn: async () => {
      const path = name.split("/").map(encodeURIComponent).join("/");
      return (await request(Items, "GET", `/marketplace/servers/${path}/drift`)).items;
    },
    // The server is probed once a day.
    staleTime: Infinity,
  });
