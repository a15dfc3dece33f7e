import { z } from "zod";

/** How current a source of the marketplace is. Times in epoch ms. */
export const SourceFreshness = z
  .object({
    name: z.string(),
    /** When the last sync that succeeded began; null: none has. */
    syncedAt: z.int().nullable(),
    /** The sync that is in progress. `entries`: how many it has read. */
    running: z.object({ startedAt: z.int(), entries: z.int() }).nullable(),
    /** Whether the last sync failed. Only the operator reads why. */
    hasFailed: z.boolean(),
  })
  .meta({ id: "MarketplaceSourceFreshness" });
export type SourceFreshness = z.infer<typeof SourceFreshness>;
