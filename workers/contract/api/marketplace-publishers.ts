import { z } from "zod";
import { MarketplaceBadge, MarketplaceServer, ServerSummary } from "./marketplace.ts";

/** A publisher of the marketplace, with a page of its servers, those with the highest score first. */
export const MarketplacePublisher = z
  .object({
    /** As the servers' names have it. */
    namespace: z.string(),
    /** All of them. */
    servers: z.int(),
    /** `servers`: for how many of its servers it is proven. */
    badges: z.array(MarketplaceBadge.extend({ servers: z.int() })),
    hostedBy: MarketplaceServer.shape.hostedBy,
    items: z.array(ServerSummary),
    /** Send as `cursor` to get the next page; null: this is the last page. */
    nextCursor: z.string().nullable(),
  })
  .meta({ id: "MarketplacePublisher" });
export type MarketplacePublisher = z.infer<typeof MarketplacePublisher>;
