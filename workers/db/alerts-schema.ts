import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AlertDelivery, AlertKind, ChannelKind } from "../contract/api/alerts.ts";

// The tables of `d1-migrations/0051_alerts.sql`.

/** What people are notified of. */
export const alerts = sqliteTable("alerts", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  kind: text().$type<AlertKind>().notNull(),
  key: text().notNull(),
  detail: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
  count: integer().notNull(),
  createdAt: integer("created_at").notNull(),
  spreadAt: integer("spread_at"),
});

/** Where a workspace's alerts are sent. */
export const alertChannels = sqliteTable("alert_channels", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  kind: text().$type<ChannelKind>().notNull(),
  name: text().notNull(),
  target: text().notNull(),
  host: text().notNull(),
  kinds: text({ mode: "json" }).$type<AlertKind[]>().notNull(),
  isEnabled: integer("is_enabled", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  createdBy: text("created_by").notNull(),
});

/** What people get by e-mail. */
export const alertChoices = sqliteTable("alert_choices", {
  memberId: text("member_id").primaryKey(),
  kinds: text({ mode: "json" }).$type<AlertKind[]>().notNull(),
});

/** The outbox: one row for each alert and each channel or person that it goes to. */
export const alertDeliveries = sqliteTable(
  "alert_deliveries",
  {
    alertId: text("alert_id").notNull(),
    target: text().notNull(),
    workspaceId: text("workspace_id").notNull(),
    way: text().$type<AlertDelivery["way"]>().notNull(),
    state: text().$type<AlertDelivery["state"]>().notNull(),
    attempts: integer().notNull(),
    nextAt: integer("next_at").notNull(),
    problem: text(),
    createdAt: integer("created_at").notNull(),
    endedAt: integer("ended_at"),
  },
  (table) => [primaryKey({ columns: [table.alertId, table.target] })],
);

/** The names of clients that a workspace has seen. */
export const seenClients = sqliteTable(
  "seen_clients",
  {
    workspaceId: text("workspace_id").notNull(),
    name: text().notNull(),
    firstSeenAt: integer("first_seen_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.name] })],
);
