import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { ContainerHost } from "../../../workers/contract/hosting/hosts.ts";
import { request } from "./request.ts";

const HostList = z.object({ items: z.array(ContainerHost) }).transform(({ items }) => items);

/** Query: the container hosts of the deployment, for users who manage them. */
export const hostsQuery = queryOptions({
  queryKey: ["hosts"],
  queryFn: () => request(HostList, "GET", "/hosts"),
  // The gateway asks each host once a minute.
  refetchInterval: 30_000,
});
