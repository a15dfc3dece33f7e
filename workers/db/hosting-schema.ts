import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { InstanceHealth, InstanceState, Profile } from "../contract/hosting/host-protocol.ts";
import type { HostReport } from "../contract/hosting/hosts.ts";
import type { DeploymentReason, Plan, SealedVariable } from "../contract/hosting/instances.ts";
import type { VersionState } from "../contract/hosting/version-switch.ts";
import type { ServerOrigin } from "../contract/marketplace/server-origin.ts";

// The tables of `d1-migrations/0003_hosting.sql`.

/** Container hosts. */
export const hosts = sqliteTable("hosts", {
  id: text().primaryKey(),
  url: text().notNull(),
  publicKey: text("public_key").notNull(),
  isDraining: integer("is_draining", { mode: "boolean" }).notNull(),
  report: text({ mode: "json" }).$type<HostReport>(),
  checkedAt: integer("checked_at"),
  problem: text(),
  createdAt: integer("created_at").notNull(),
});

/** Hosted servers. */
export const instances = sqliteTable("instances", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  slug: text().notNull(),
  name: text().notNull(),
  prefix: text(),
  catalogueId: text("catalogue_id").notNull(),
  profile: text().$type<Profile>().notNull(),
  hostId: text("host_id"),
  state: text().$type<InstanceState>().notNull(),
  reason: text({ mode: "json" }).$type<DeploymentReason>(),
  health: text().$type<InstanceHealth>().notNull(),
  variables: text({ mode: "json" }).$type<SealedVariable[]>().notNull(),
  runningAt: integer("running_at"),
  restarts: integer().notNull(),
  origin: text({ mode: "json" }).$type<ServerOrigin>(),
  versions: text({ mode: "json" }).$type<VersionState>(),
  createdAt: integer("created_at").notNull(),
});

/**
 * The columns of `workspaces` that limit its instances; schema.ts has the other columns. Column names are explicit
 * because drizzle infers implicit names by table, and would find those of the other definition.
 */
export const workspacePlans = sqliteTable("workspaces", {
  id: text("id").primaryKey(),
  plan: text("plan").$type<Plan>().notNull(),
  maxInstances: integer("max_instances"),
});

const sums = {
  runningSeconds: real("running_seconds").notNull(),
  requestBytes: integer("request_bytes").notNull(),
  responseBytes: integer("response_bytes").notNull(),
  egressBytes: integer("egress_bytes").notNull(),
};

/** The last sums that a host reported for an instance. */
export const instanceMeters = sqliteTable("instance_meters", {
  instanceId: text("instance_id").notNull(),
  hostId: text("host_id").notNull(),
  ...sums,
});

/** Usage of an instance by day (UTC, days since 1970). */
export const instanceDays = sqliteTable("instance_days", {
  instanceId: text("instance_id").notNull(),
  day: integer().notNull(),
  workspaceId: text("workspace_id").notNull(),
  slug: text().notNull(),
  ...sums,
});
