import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AccessRequestStatus, GrantedAccess } from "../contract/api/access-requests.ts";

/** Members' requests for access (`d1-migrations/0054_access_requests.sql`). */
export const accessRequests = sqliteTable("access_requests", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  memberId: text("member_id").notNull(),
  askedBy: text("asked_by").notNull(),
  rule: text().notNull(),
  serverId: text("server_id"),
  reason: text().notNull(),
  wishedEnd: integer("wished_end"),
  status: text().$type<AccessRequestStatus>().notNull(),
  createdAt: integer("created_at").notNull(),
  closedAt: integer("closed_at"),
  closedBy: text("closed_by"),
  answer: text(),
  granted: text({ mode: "json" }).$type<GrantedAccess>(),
});
