import { sql } from "drizzle-orm";
import type { Person } from "../contract/api/resources.ts";
import type { Db } from "./database.ts";

/** Returns people by id, as `createdBy` and `setBy` name them. Names are those of the workspace's members, else of users. */
export async function findPeople(
  db: Db,
  workspaceId: string,
  ids: string[],
): Promise<Map<string, Person>> {
  if (ids.length === 0) return new Map();
  const rows = await db.all<{ id: string; name: string | null; memberId: string | null }>(
    sql`SELECT value AS id, coalesce(members.name, users.name) AS name, members.id AS "memberId"
      FROM json_each(${JSON.stringify([...new Set(ids)])}) LEFT JOIN users ON users.id = value
      LEFT JOIN members ON members.user_id = value AND members.workspace_id = ${workspaceId}`,
  );
  return new Map(
    rows.map(({ id, name, memberId }) => [
      id,
      { id, name, hasLeft: id.startsWith("usr_") && memberId === null },
    ]),
  );
}
