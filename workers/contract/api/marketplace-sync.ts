import { z } from "zod";

/** The name of a source of the marketplace. */
export const SourceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "use a-z, 0-9, dots and hyphens");

/** A sync of a source. Times in epoch ms. */
export const MarketplaceRun = z
  .object({
    number: z.int(),
    source: z.string(),
    /** `update`: what has changed; `sweep`: all servers; `removal`: deletes the source with what it said. */
    kind: z.enum(["update", "sweep", "removal"]),
    state: z.enum(["running", "done", "failed"]),
    startedAt: z.int(),
    endedAt: z.int().nullable(),
    /** Pages that are stored. */
    pages: z.int(),
    /** Servers that are new, or of which something has changed. */
    changed: z.int(),
    unchanged: z.int(),
    deleted: z.int(),
    /** Entries that were left out, each with a reason. */
    rejected: z.int(),
    /** Failures of the present page, which is tried again. */
    attempt: z.int(),
    /** The last failure; of a run that is done: what it has left undone. */
    problem: z.string().nullable(),
  })
  .meta({ id: "MarketplaceRun" });
export type MarketplaceRun = z.infer<typeof MarketplaceRun>;

/** Where the marketplace's servers are from. Times in epoch ms. */
export const MarketplaceSource = z
  .object({
    name: z.string(),
    /**
     * `github`: repositories that are found by their topics. `hosted`: the servers that container hosts can run; they come with
     * the release.
     */
    kind: z.enum(["registry", "github", "hosted"]),
    /** The base of the API: that of a registry, to which `/v0.1/servers` is added, or GitHub's. Null: there is none. */
    url: z.string().nullable(),
    /** It cannot be removed, and its address is not the operator's. */
    isBuiltIn: z.boolean(),
    isEnabled: z.boolean(),
    /** Why it has no runs, and what the operator can do; null: it has, or needs none. */
    offBecause: z.string().nullable(),
    /** When the last run that succeeded began; null: none has. */
    syncedAt: z.int().nullable(),
    /** When the next run begins; null: it is not synced. */
    nextRunAt: z.int().nullable(),
    /** The run that is in progress, else the last one. */
    lastRun: MarketplaceRun.nullable(),
  })
  .meta({ id: "MarketplaceSource" });
export type MarketplaceSource = z.infer<typeof MarketplaceSource>;

/** Body that adds or changes a source. */
export const SourceInput = z.strictObject({
  /** Absent for a built-in source. */
  url: z.url().max(2_000).optional(),
  isEnabled: z.boolean().default(true),
});

/** Body that starts a run. The first run of a source is always a sweep. */
export const RunInput = z.strictObject({
  kind: z.enum(["update", "sweep"]).default("update"),
  /** Lets a sweep delete servers also if it misses more than half of them. */
  acceptsLoss: z.boolean().default(false),
});

/** An entry that a run has left out. Page and position from 0. */
export const MarketplaceRejection = z
  .object({
    page: z.int(),
    position: z.int(),
    /** Null: it cannot be read. */
    name: z.string().nullable(),
    reason: z.string(),
  })
  .meta({ id: "MarketplaceRejection" });
export type MarketplaceRejection = z.infer<typeof MarketplaceRejection>;

/** A message of the queue: do this step of a run. */
export const SyncMessage = z.object({ run: z.int(), step: z.int() });
export type SyncMessage = z.infer<typeof SyncMessage>;
