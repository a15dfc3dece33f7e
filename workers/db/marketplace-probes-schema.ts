import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Drift, RemoteProbe, RemoteTool } from "../contract/api/marketplace-probes.ts";

/** A tool of a remote as it is stored: with digests of what the server said, to find changes. */
export interface StoredTool extends RemoteTool {
  digests: { description: string; schema: string; annotations: string };
}

/** The addresses of servers that are probed, with the result of the last probe. */
export const marketplaceRemotes = sqliteTable("marketplace_remotes", {
  number: integer().notNull(),
  url: text().notNull(),
  host: text().notNull(),
  nextProbeAt: integer("next_probe_at").notNull(),
  probedAt: integer("probed_at"),
  outcome: text().$type<RemoteProbe["outcome"]>(),
  auth: text().$type<RemoteProbe["auth"]>(),
  protocolVersion: text("protocol_version"),
  latencyMs: integer("latency_ms"),
  problem: text(),
  failures: integer().notNull(),
  failingSince: integer("failing_since"),
  listedAt: integer("listed_at"),
});

/** Which tools an address lists. */
export const marketplaceTools = sqliteTable("marketplace_tools", {
  number: integer().notNull(),
  url: text().notNull(),
  tools: text({ mode: "json" }).$type<StoredTool[]>().notNull(),
  words: text().notNull(),
  isDescribed: integer("is_described", { mode: "boolean" }).notNull(),
});

/** What has changed between two probes of an address. */
export const marketplaceDrift = sqliteTable("marketplace_drift", {
  id: integer().primaryKey(),
  number: integer().notNull(),
  url: text().notNull(),
  at: integer().notNull(),
  kind: text().$type<Drift["kind"]>().notNull(),
  tool: text(),
  detail: text(),
});
