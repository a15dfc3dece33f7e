import { and, asc, eq, sql } from "drizzle-orm";
import type { AuditView } from "../contract/api/audit-views.ts";
import type { Db } from "./database.ts";
import { savedViews } from "./schema.ts";

/** Most views of one member. */
const MAX_VIEWS = 50;

const { id, name, search, createdAt } = savedViews;

/** Returns the views that a member has saved, oldest first. */
export async function listViews(db: Db, memberId: string): Promise<AuditView[]> {
  return db
    .select({ id, name, search, createdAt })
    .from(savedViews)
    .where(eq(savedViews.memberId, memberId))
    .orderBy(asc(createdAt));
}

/** Stores a view of a member. False: the member has as many as there can be. */
export async function insertView(db: Db, memberId: string, view: AuditView): Promise<boolean> {
  const result = await db.run(
    sql`INSERT INTO saved_views (id, member_id, name, search, created_at)
      SELECT ${view.id}, ${memberId}, ${view.name}, ${view.search}, ${view.createdAt}
      WHERE (SELECT count(*) FROM saved_views WHERE member_id = ${memberId}) < ${MAX_VIEWS}`,
  );
  return result.meta.changes > 0;
}

/** Deletes a view of a member. */
export async function deleteView(db: Db, memberId: string, viewId: string): Promise<void> {
  await db.delete(savedViews).where(and(eq(id, viewId), eq(savedViews.memberId, memberId)));
}
