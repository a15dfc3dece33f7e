import { z } from "zod";

/** The README of a server of the marketplace. Hostile text: show it as Markdown without HTML, links and images at most. */
export const MarketplaceReadme = z
  .object({
    /** Markdown; null: there is none, and `problem` says why. */
    text: z.string().nullable(),
    /** Only the beginning is kept of a longer one. */
    isCut: z.boolean(),
    /** The page of the file. Its relative links are relative to it. */
    sourceUrl: z.string().nullable(),
    /** When the text was fetched, epoch ms. */
    fetchedAt: z.int().nullable(),
    /** Why there is no text, or why the text could not be fetched again; null: it was. */
    problem: z.string().nullable(),
  })
  .meta({ id: "MarketplaceReadme" });
export type MarketplaceReadme = z.infer<typeof MarketplaceReadme>;
