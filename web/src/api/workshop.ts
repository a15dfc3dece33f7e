import { queryOptions } from "@tanstack/react-query";
import { GeneratorStatus } from "../../../workers/contract/workshop/generated-server.ts";
import { request } from "./request.ts";

/** What the generator of servers can do, and how many the user can have made today. */
export const generatorQuery = queryOptions({
  queryKey: ["workshop", "generator"],
  queryFn: () => request(GeneratorStatus, "GET", "/workshop/generate"),
});
