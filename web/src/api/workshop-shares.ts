import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { OwnShare, StoredShare } from "../../../workers/contract/api/workshop-shares.ts";
import type { Composition } from "../../../workers/contract/composition/composition.ts";
import { request, requestNoContent } from "./request.ts";

/** Query key of the signed-in person's shares. */
export const SHARES_KEY = ["workshop", "shares"];

/** Query: the signed-in person's shares that have not expired. */
export const sharesQuery = queryOptions({
  queryKey: SHARES_KEY,
  queryFn: () => request(z.object({ items: z.array(OwnShare) }), "GET", "/workshop/shares"),
});

/** Query: a stored composition. */
export const shareQuery = (id: string) =>
  queryOptions({
    queryKey: ["workshop", "share", id],
    queryFn: () => request(StoredShare, "GET", `/workshop/shares/${encodeURIComponent(id)}`),
    staleTime: 60_000,
  });

/** Stores a composition for a number of days. */
export function storeShare(composition: Composition, days: number) {
  return request(OwnShare, "POST", "/workshop/shares", { composition, days });
}

/** Deletes a share of the signed-in person. */
export function deleteShare(id: string) {
  return requestNoContent("DELETE", `/workshop/shares/${encodeURIComponent(id)}`);
}
