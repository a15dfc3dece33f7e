import { z } from "zod";
import { ServerName } from "../marketplace/server-document.ts";
import { Slug } from "../records/slug.ts";
import { ServerSummary } from "./marketplace.ts";

const MAX_TEXT = 1_000;
const MAX_SERVERS = 50;
/** One configuration with more servers is hard to read, and the documents of all are in one response. */
const MAX_PACK_SERVERS = 10;

const Text = z.string().trim().min(1, "write a sentence").max(MAX_TEXT);

/** Body that creates a collection, or replaces it. */
export const CollectionInput = z
  .strictObject({
    title: z.string().trim().min(1).max(100),
    description: Text,
    /** A starter pack: its page has one configuration for all its servers. */
    isPack: z.boolean().default(false),
    /** In the order of the page. */
    servers: z
      .array(
        z.strictObject({
          name: ServerName,
          /** Why it is in the collection. */
          note: z.string().trim().max(MAX_TEXT).default(""),
        }),
      )
      .min(1)
      .max(MAX_SERVERS),
  })
  .refine(({ isPack, servers }) => !isPack || servers.length <= MAX_PACK_SERVERS, {
    path: ["servers"],
    message: `a starter pack has at most ${MAX_PACK_SERVERS} servers`,
  })
  .refine(({ servers }) => new Set(servers.map(({ name }) => name)).size === servers.length, {
    path: ["servers"],
    message: "name each server once",
  });
export type CollectionInput = z.infer<typeof CollectionInput>;

/** The slug of a collection. */
export const CollectionSlug = Slug;

/** A collection as a list has it. */
export const CollectionSummary = z
  .object({
    slug: z.string(),
    title: z.string(),
    description: z.string(),
    isPack: z.boolean(),
    /** Epoch ms. */
    updatedAt: z.int(),
    /** Of those that the marketplace has. */
    serverCount: z.int(),
  })
  .meta({ id: "MarketplaceCollectionSummary" });
export type CollectionSummary = z.infer<typeof CollectionSummary>;

/** A collection with those of its servers that the marketplace has. */
export const Collection = CollectionSummary.extend({
  servers: z.array(
    z.object({
      note: z.string(),
      server: ServerSummary,
      /** What `server.json` has; null: the collection is no starter pack. */
      document: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
}).meta({ id: "MarketplaceCollection" });
export type Collection = z.infer<typeof Collection>;

/** A week of ISO 8601, such as 2026-W48. */
export const IsoWeek = z.string().regex(/^\d{4}-W\d{2}$/, "write a week as 2026-W48");

/** Body with the operator's pick for a week. */
export const PickInput = z.strictObject({
  name: ServerName,
  /** Shown beside the server. */
  reason: Text,
});

/** Which server a week has, and why. Times in epoch ms. */
export const MarketplaceWeek = z
  .object({
    week: IsoWeek,
    name: z.string(),
    reason: z.string(),
    /** Whether the operator has picked it. Otherwise the rule has. */
    isPick: z.boolean(),
    decidedAt: z.int(),
  })
  .meta({ id: "MarketplaceWeek" });

/** The server of this week; null: no server fits the rule. */
export const ServerOfTheWeek = z
  .object({ item: MarketplaceWeek.extend({ server: ServerSummary }).nullable() })
  .meta({ id: "MarketplaceServerOfTheWeek" });

/** Body that hides a server. */
export const HidingInput = z.strictObject({
  /** Shown in the place of its page. */
  reason: Text,
});

/** A server that the operator hides. */
export const HiddenServer = z
  .object({
    name: z.string(),
    reason: z.string(),
    /** Epoch ms. */
    hiddenAt: z.int(),
    /** Name of the user who hid it; null: the operator key. */
    hiddenBy: z.string().nullable(),
    /** Names of servers that are shown and have a package or an address of it, 50 at most. */
    alike: z.array(z.string()),
  })
  .meta({ id: "HiddenMarketplaceServer" });
