import { z } from "zod";
import { VERSION_CHANGES } from "../marketplace/version-changes.ts";

/** What has changed between two versions of a server. The texts are those of its entry. */
export const MarketplaceChange = z
  .object({
    kind: z.enum(VERSION_CHANGES),
    /** It is of where the server runs, what it runs or what it asks for. */
    isImportant: z.boolean(),
    /** The variable, package or host; null: there is only one thing of this kind. */
    name: z.string().nullable(),
    /** Null: it was not there. */
    from: z.string().nullable(),
    /** Null: it is not there any more. */
    to: z.string().nullable(),
  })
  .meta({ id: "MarketplaceChange" });
export type MarketplaceChange = z.infer<typeof MarketplaceChange>;

/** The important changes first; null: they are not known. */
const Changes = z.array(MarketplaceChange).nullable();

/** A version of a server, or a state of one: registries of other sources can change an entry within a version. */
export const MarketplaceVersion = z
  .object({
    /** Null: the entry states none. */
    version: z.string().nullable(),
    /** Null: none states anything but the name. */
    source: z.string().nullable(),
    /** As the registry states it, epoch ms; null: it does not. */
    publishedAt: z.int().nullable(),
    /** When a source first stated this state, epoch ms; null: it is the first one that is known. */
    seenAt: z.int().nullable(),
    /** Against the state before it. */
    changes: Changes,
  })
  .meta({ id: "MarketplaceVersion" });
export type MarketplaceVersion = z.infer<typeof MarketplaceVersion>;

/** What has changed from a version of a server to what its entry is now. */
export const MarketplaceComparison = z
  .object({
    from: z.string(),
    /** The version now; null: the entry states none. */
    to: z.string().nullable(),
    /** Null: the marketplace does not have the version. */
    changes: Changes,
  })
  .meta({ id: "MarketplaceComparison" });
export type MarketplaceComparison = z.infer<typeof MarketplaceComparison>;
