import { and, eq, lt, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { formerMembers, members } from "./schema.ts";

/** Returns the statement that keeps a member's name. It belongs before the member's deletion, in the same batch. */
export function keepMemberName(db: Db, id: string, removedAt: number) {
  return db
    .insert(formerMembers)
    .select(
      sql`SELECT id, workspace_id, name, user_id, ${removedAt} FROM ${members} WHERE id = ${id}`,
    )
    .onConflictDoNothing();
}

/** Deletes the names of members who were removed before an instant (epoch ms): no row is left that they explain. */
export async function deleteExpiredNames(
  db: Db,
  workspaceId: string,
  before: number,
): Promise<void> {
  await db
    .delete(formerMembers)
    .where(and(eq(formerMembers.workspaceId, workspaceId), lt(formerMembers.removedAt, before)));
}
