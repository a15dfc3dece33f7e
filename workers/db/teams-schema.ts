import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { TeamManager } from "../contract/records/team.ts";

/** Teams of workspaces. */
export const teams = sqliteTable("teams", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  name: text().notNull(),
  managedBy: text("managed_by").$type<TeamManager>().notNull(),
  externalId: text("external_id"),
  isRestricted: integer("is_restricted", { mode: "boolean" }).notNull(),
  rulesVersion: integer("rules_version").notNull(),
  createdAt: integer("created_at").notNull(),
});

/** Who is in which team. */
export const teamMembers = sqliteTable("team_members", {
  teamId: text("team_id").notNull(),
  memberId: text("member_id").notNull(),
});

/** Rules of teams. */
export const teamRules = sqliteTable("team_rules", {
  teamId: text("team_id").notNull(),
  serverId: text("server_id").notNull(),
  denies: integer({ mode: "boolean" }).notNull(),
  toolName: text("tool_name").notNull(),
  endsAt: integer("ends_at"),
  since: integer(),
  grantedBy: text("granted_by"),
});
