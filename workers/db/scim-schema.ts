import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ScimAttributes } from "../contract/records/scim.ts";

// The tables of `d1-migrations/0052_scim.sql`.

/** Tokens with which a company's directory provisions people and teams. */
export const scimTokens = sqliteTable("scim_tokens", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  label: text().notNull(),
  digest: text().notNull(),
  lastFour: text("last_four").notNull(),
  createdBy: text("created_by").notNull(),
  createdAt: integer("created_at").notNull(),
  revokedAt: integer("revoked_at"),
  lastUsedAt: integer("last_used_at"),
  lastErrorAt: integer("last_error_at"),
  lastError: text("last_error"),
});

/** The members that the directory manages. */
export const scimUsers = sqliteTable("scim_users", {
  memberId: text("member_id").primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  userName: text("user_name").notNull(),
  userNameKey: text("user_name_key").notNull(),
  externalId: text("external_id"),
  attributes: text({ mode: "json" }).$type<ScimAttributes>().notNull(),
  active: integer({ mode: "boolean" }).notNull(),
  deactivatedAt: integer("deactivated_at"),
  version: integer().notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** The teams that are groups of the directory. */
export const scimGroups = sqliteTable("scim_groups", {
  teamId: text("team_id").primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  deletedAt: integer("deleted_at"),
  version: integer().notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});
