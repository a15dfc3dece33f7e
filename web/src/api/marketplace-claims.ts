import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  ClaimCheck,
  OwnClaim,
  StandingClaim,
} from "../../../workers/contract/api/marketplace-claims.ts";
import { request, requestNoContent } from "./request.ts";

const StandingClaims = z.object({ items: z.array(StandingClaim) });

function toClaimPath(namespace: string): string {
  return `/marketplace/publishers/${encodeURIComponent(namespace)}/claim`;
}

/** Query: the signed-in person's claim of a namespace. */
export const ownClaimQuery = (namespace: string) =>
  queryOptions({
    queryKey: ["marketplace", "claim", namespace],
    queryFn: () => request(OwnClaim, "GET", toClaimPath(namespace)),
  });

/** Query: the claims that stand, for users who curate the marketplace. */
export const standingClaimsQuery = queryOptions({
  queryKey: ["marketplace", "curation", "claims"],
  queryFn: () => request(StandingClaims, "GET", "/marketplace/claims"),
});

/** Begins to claim a namespace. */
export function beginClaim(namespace: string): Promise<OwnClaim> {
  return request(OwnClaim, "POST", toClaimPath(namespace), {});
}

/** Looks for the proof of the signed-in person's claim. */
export function checkClaim(namespace: string) {
  return request(ClaimCheck, "POST", `${toClaimPath(namespace)}/checks`, {});
}

/** Gives up the signed-in person's claim. */
export function giveUpClaim(namespace: string): Promise<void> {
  return requestNoContent("DELETE", toClaimPath(namespace));
}

/** Withdraws the claim of another person. */
export function withdrawClaim(namespace: string): Promise<void> {
  return requestNoContent("DELETE", `/marketplace/claims/${encodeURIComponent(namespace)}`);
}
