import { eq } from "drizzle-orm";
import type { Db } from "./database.ts";
import { members } from "./schema.ts";

/** Returns the names of a workspace's members by id. */
export async function listMemberNames(db: Db, workspaceId: string): Promise<Map<string, string>> {
  const rows = await db
    .select({ id: members.id, name: members.name })
    .from(members)
    .where(eq(members.workspaceId, workspaceId));
  return new Map(rows.map(({ id, name }) => [id, name]));
}
