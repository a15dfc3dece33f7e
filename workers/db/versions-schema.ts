import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { PartChange } from "../contract/versions/parts.ts";

// `d1-migrations/0044_versions.sql` says what the columns hold.

/** The versions of workspaces' configurations. */
export const workspaceVersions = sqliteTable(
  "workspace_versions",
  {
    workspaceId: text("workspace_id").notNull(),
    number: integer().notNull(),
    eventId: text("event_id"),
    actor: text().notNull(),
    createdAt: integer("created_at").notNull(),
    isWhole: integer("is_whole", { mode: "boolean" }).notNull(),
    parts: text({ mode: "json" }).$type<PartChange[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.number] })],
);

/** The documents of the parts of versions, by digest. */
export const versionParts = sqliteTable(
  "version_parts",
  {
    workspaceId: text("workspace_id").notNull(),
    digest: text().notNull(),
    document: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.digest] })],
);
