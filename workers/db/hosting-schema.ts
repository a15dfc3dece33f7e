import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { InstanceHealth, InstanceState, Profile } from "../contract/hosting/host-protocol.ts";
import type { HostReport } from "../contract/hosting/hosts.ts";
import type { DeploymentReason, Plan, SealedVariable } from "../contract/hosting/instances.ts";

/** The tables of `d1-migrations/0003_hosting.sql`. */
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
  createdAt: integer("created_at").notNull(),
});

/**
 * The columns of `workspaces` that say how many instances there may be; the rest stands in schema.ts. Drizzle looks names
 * that are not spelled out up by table, and finds those of the other half.
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

export const instanceMeters = sqliteTable("instance_meters", {
  instanceId: text("instance_id").notNull(),
  hostId: text("host_id").notNull(),
  ...sums,
});

export const instanceDays = sqliteTable("instance_days", {
  instanceId: text("instance_id").notNull(),
  day: integer().notNull(),
  workspaceId: text("workspace_id").notNull(),
  slug: text().notNull(),
  ...sums,
});
