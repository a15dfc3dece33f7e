import { z } from "zod";
import { CLIENT_IDS } from "../marketplace/install/clients.ts";
import { ServerSummary } from "./marketplace.ts";

/** Body that counts an install: a configuration was copied, or a link was clicked. */
export const InstallInput = z.strictObject({ client: z.enum(CLIENT_IDS) });

/** How often a server was installed. Each visitor counts at most once a day. */
export const MarketplaceInstalls = z
  .object({
    /** The last 12 weeks, the oldest first. The last one ends with the current day, UTC. */
    weeks: z.array(
      z.object({
        /** Its first moment, epoch ms. */
        from: z.int(),
        installs: z.int(),
      }),
    ),
  })
  .meta({ id: "MarketplaceInstalls" });
export type MarketplaceInstalls = z.infer<typeof MarketplaceInstalls>;

/** A server that is installed more often than before. */
export const TrendingServer = ServerSummary.pick({
  name: true,
  title: true,
  description: true,
  status: true,
  score: true,
  grade: true,
})
  .extend({
    /** Of the last 7 days. */
    installs: z.int(),
    /** How many times as many as in an average week of the four before, smoothed; at most 5. */
    growth: z.number(),
  })
  .meta({ id: "TrendingMarketplaceServer" });
export type TrendingServer = z.infer<typeof TrendingServer>;
