import { z } from "zod";

/**
 * What a probe has found. `listed`: the tools; `answered`: an MCP server whose tools could not be listed; `protected`: it asks
 * for credentials; `failed`: no MCP server responded; `skipped`: its address is not one that is probed.
 */
const PROBE_OUTCOMES = ["listed", "answered", "protected", "failed", "skipped"] as const;

/** How a remote authenticates its callers. */
const REMOTE_AUTH = ["none", "oauth", "headers"] as const;
/** One of these. */
export type ProbedAuth = (typeof REMOTE_AUTH)[number];

/** How a remote differs from the probe before. `stopped` and `resumed`: it no longer, or again, responds. */
const DRIFT_KINDS = [
  "tool_added",
  "tool_removed",
  "description_changed",
  "schema_changed",
  "annotations_changed",
  "auth_changed",
  "stopped",
  "resumed",
] as const;

/** A tool as a server describes it, with long texts shortened. Hidden characters are in them as the server sent them. */
const RemoteTool = z
  .object({
    name: z.string(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    /** The server's hints that are true or false (MCP specification, `ToolAnnotations`). */
    annotations: z.record(z.string(), z.boolean()),
    /** Of its definition, estimated: four characters are a token. */
    tokens: z.int(),
  })
  .meta({ id: "MarketplaceTool" });
export type RemoteTool = z.infer<typeof RemoteTool>;

/** An address of a server that is probed without credentials about once a day. Times in epoch ms. */
export const RemoteProbe = z
  .object({
    url: z.string(),
    /** Null: it was not probed yet. */
    probedAt: z.int().nullable(),
    outcome: z.enum(PROBE_OUTCOMES).nullable(),
    /** The last that is known; null: it is not. */
    auth: z.enum(REMOTE_AUTH).nullable(),
    /** The revision of MCP, likewise. */
    protocolVersion: z.string().nullable(),
    /** Until the first response began. Null: it did not respond. */
    latencyMs: z.int().nullable(),
    /** Why its tools were not listed. It can quote the server. */
    problem: z.string().nullable(),
    /** Since when all probes have failed; null: the last one did not. */
    failingSince: z.int().nullable(),
    /** When its tools were last listed; null: never. */
    listedAt: z.int().nullable(),
    /** As they were last listed; null: they never were. */
    tools: z.array(RemoteTool).nullable(),
  })
  .meta({ id: "MarketplaceProbe" });
export type RemoteProbe = z.infer<typeof RemoteProbe>;

/** A change of a remote between two probes. */
export const Drift = z
  .object({
    /** When the probe found it, epoch ms. */
    at: z.int(),
    url: z.string(),
    kind: z.enum(DRIFT_KINDS),
    /** The tool's name. */
    tool: z.string().nullable(),
    /** Of `auth_changed`: from what to what. */
    detail: z.string().nullable(),
  })
  .meta({ id: "MarketplaceDrift" });
export type Drift = z.infer<typeof Drift>;
