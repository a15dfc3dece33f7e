import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ProviderClient, SealedTokens } from "../contract/records/connection.ts";

/** Sign-ins of the gateway at servers. */
export const connections = sqliteTable("connections", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  serverId: text("server_id").notNull(),
  memberId: text("member_id"),
  issuer: text().notNull(),
  resource: text().notNull(),
  scopes: text({ mode: "json" }).$type<string[]>().notNull(),
  askedScopes: text("asked_scopes", { mode: "json" }).$type<string[]>(),
  clientId: text("client_id").notNull(),
  tokens: text({ mode: "json" }).$type<SealedTokens>().notNull(),
  connectedBy: text("connected_by").notNull(),
  connectedAt: integer("connected_at").notNull(),
});

/** The gateway as a client of authorization servers. */
export const upstreamClients = sqliteTable(
  "upstream_clients",
  {
    workspaceId: text("workspace_id").notNull(),
    issuer: text().notNull(),
    redirectUri: text("redirect_uri").notNull(),
    clientId: text("client_id").notNull(),
    /** Sealed with the workspace's data key; null: a public client. */
    secret: text(),
    authMethod: text("auth_method").$type<ProviderClient["authMethod"]>().notNull(),
    isEntered: integer("is_entered", { mode: "boolean" }).notNull(),
    createdAt: integer("created_at").notNull(),
    secretExpiresAt: integer("secret_expires_at"),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.issuer, table.redirectUri] })],
);
