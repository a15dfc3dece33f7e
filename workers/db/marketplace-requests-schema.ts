import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RequestStatus } from "../contract/api/marketplace-requests.ts";

/** Members' requests for servers of the marketplace (`d1-migrations/0024_server_requests.sql`). */
export const serverRequests = sqliteTable("server_requests", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  memberId: text("member_id").notNull(),
  entry: text().notNull(),
  reason: text().notNull(),
  status: text().$type<RequestStatus>().notNull(),
  createdAt: integer("created_at").notNull(),
  closedAt: integer("closed_at"),
  closedBy: text("closed_by"),
  answer: text(),
  serverSlug: text("server_slug"),
  seenAt: integer("seen_at"),
});
