import { z } from "zod";
import { AUTH_KINDS, CATEGORY_IDS, GRADES, TRANSPORTS } from "../marketplace/facets.ts";
import { CLIENT_IDS } from "../marketplace/install/clients.ts";

const Flag = z.literal("true").optional();

/** Query parameters that a search and its summary have in common. A server is found if all of them apply to it. */
export const SearchFilters = z.object({
  q: z
    .string()
    .max(200)
    .optional()
    .describe(
      "Words, each also as the beginning of a word; and owner:x, is:verified, is:official, client:x, category:x, grade:x, licence:x. A server's whole name or the URL of its repository on GitHub finds it first",
    ),
  client: z.enum(CLIENT_IDS).optional().describe("Runs in this client without a bridge"),
  transport: z.enum(TRANSPORTS).optional(),
  auth: z.enum(AUTH_KINDS).optional().describe("What a person has to give"),
  category: z.enum(CATEGORY_IDS).optional(),
  grade: z.enum(GRADES).optional(),
  official: Flag.describe("Active in the official registry"),
  remote: Flag.describe("Has an address"),
  hostable: Flag.describe("Container hosts can run it"),
  licence: z.string().min(1).max(100).optional().describe("SPDX identifier"),
  updatedWithin: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .optional()
    .meta({ type: "integer" })
    .describe("Days since the last publication or update that is known"),
});
export type SearchFilters = z.infer<typeof SearchFilters>;

/**
 * The order of a search. `relevance` without words is `score`. `installs`: those from this marketplace in the last 7 days, then
 * the score.
 */
export const SearchSort = z.enum(["relevance", "score", "newest", "installs"]).default("relevance");

const Facet = z.array(z.object({ value: z.string(), count: z.int() }));

/** How many servers a search finds, and how many of them each filter would leave. */
export const SearchSummary = z
  .object({
    total: z.int(),
    /** Values with at least one server. The counts of a filter are those without that filter, so that another value can be chosen. */
    facets: z.object({
      client: Facet,
      transport: Facet,
      auth: Facet,
      category: Facet,
      grade: Facet,
      official: Facet,
      remote: Facet,
      hostable: Facet,
      /** SPDX identifiers in lower case. */
      licence: Facet,
    }),
    /** The whole query with typing errors corrected; null: there is nothing better. */
    suggestion: z.string().nullable(),
  })
  .meta({ id: "MarketplaceSearchSummary" });
export type SearchSummary = z.infer<typeof SearchSummary>;
