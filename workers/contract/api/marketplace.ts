import { z } from "zod";
import { AUTH_KINDS, CATEGORY_IDS, TRANSPORTS } from "../marketplace/facets.ts";
import { CLIENT_IDS } from "../marketplace/install/clients.ts";
import { PUBLISHER_BADGES } from "../marketplace/publisher.ts";
import { RemoteProbe } from "./marketplace-probes.ts";
import { ServerSignals } from "./marketplace-signals.ts";
import { SourceName } from "./marketplace-sync.ts";

/** A server of the marketplace in a list. Times in epoch ms; null: it is not known. */
export const ServerSummary = z
  .object({
    name: z.string(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    status: z.enum(["active", "deprecated"]),
    publishedAt: z.int().nullable(),
    updatedAt: z.int().nullable(),
    /** 0 to 100. */
    score: z.int(),
    /** Null: not rated, because nothing is known of its activity. */
    grade: z.enum(["A", "B", "C", "D", "F"]).nullable(),
    /** The namespace of its name. */
    publisher: z.string(),
    /** https URL of an image. */
    icon: z.string().nullable(),
    transports: z.array(z.enum(TRANSPORTS)),
    /** What a person has to give before it can be used. */
    auth: z.enum(AUTH_KINDS).nullable(),
    categories: z.array(z.enum(CATEGORY_IDS)),
    /** Active in the official registry. */
    official: z.boolean(),
    /** Container hosts can run it. */
    hostable: z.boolean(),
    /** Ids of the clients that run it without a bridge. */
    clients: z.array(z.enum(CLIENT_IDS)),
    /** The well-known server of another publisher that it resembles, and in what; null: none. */
    resembles: z
      .object({ name: z.string(), part: z.enum(["package", "publisher", "name"]) })
      .nullable(),
  })
  .meta({ id: "MarketplaceServerSummary" });
export type ServerSummary = z.infer<typeof ServerSummary>;

/** What a source states, and when it did, epoch ms. */
const Stated = z.object({ source: z.string(), asOf: z.int() });

/** What is proven of a publisher, with its evidence. */
export const MarketplaceBadge = z
  .object({
    badge: z.enum(PUBLISHER_BADGES),
    /** What is proven to be the publisher's: a namespace, a domain, a GitHub account. */
    subject: z.string(),
    /** https URL. */
    evidence: z.string(),
  })
  .meta({ id: "MarketplaceBadge" });

/** A server of the marketplace. */
export const MarketplaceServer = ServerSummary.extend({
  /** Why it is deprecated. */
  statusMessage: z.string().nullable(),
  /** The description, as `server.json` has it, merged from all sources. */
  document: z.record(z.string(), z.unknown()),
  /** The source of each field of the document. */
  provenance: z.record(z.string(), Stated),
  sources: z.array(Stated.extend({ name: z.string() })),
  scoreDetail: z.object({
    /** Of the formula. */
    version: z.int(),
    bars: z.array(
      z.object({
        bar: z.string(),
        points: z.number(),
        max: z.number(),
        /** `points` null: what decides on it is not known. */
        items: z.array(
          z.object({ item: z.string(), points: z.number().nullable(), max: z.number() }),
        ),
      }),
    ),
    /** Limits of the score that apply, the lowest first. */
    caps: z.array(z.object({ cap: z.string(), max: z.int() })),
    /** What the score was computed from. Null: it is not known. Absent: an earlier release has computed it. */
    inputs: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .optional(),
  }),
  scoredAt: z.int(),
  badges: z.array(MarketplaceBadge),
  /** The company that lists servers of others in this namespace and runs them; null: the publisher is no such company. */
  hostedBy: z.string().nullable(),
  /** Servers for the same purpose, the most similar first. */
  similar: z.array(ServerSummary),
  /** Of the last 7 days: GET …/installs has the weeks before. */
  installsLastWeek: z.int(),
  signals: ServerSignals,
  /** The operator's collections that have it, by title. */
  collections: z.array(z.object({ slug: z.string(), title: z.string(), isPack: z.boolean() })),
  /** Of its addresses: GET …/drift has what has changed between them. */
  probes: z.array(RemoteProbe),
}).meta({ id: "MarketplaceServer" });
export type MarketplaceServer = z.infer<typeof MarketplaceServer>;

/** Body that imports entries: a page in the format of the registries' API. */
export const ImportInput = z.strictObject({
  /** Where they are from: `official`, or a name of the operator's. */
  source: SourceName,
  /** When the source said so, epoch ms; absent: now. */
  asOf: z.int().min(0).optional(),
  page: z.object({
    servers: z.array(z.unknown()).max(1_000),
    metadata: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** What an import has done. */
export const ImportResult = z
  .object({
    /** Servers that are new, or of which something has changed. */
    changed: z.int(),
    unchanged: z.int(),
    deleted: z.int(),
    /** Entries that were left out; the others of the page are stored. */
    rejected: z.array(
      z.object({ position: z.int(), name: z.string().nullable(), reason: z.string() }),
    ),
  })
  .meta({ id: "MarketplaceImport" });
