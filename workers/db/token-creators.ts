import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { WorkspaceToken } from "../contract/api/resources.ts";
import type { Db } from "./database.ts";
import { users } from "./people-schema.ts";
import { members, tokens } from "./schema.ts";

type Creator = NonNullable<WorkspaceToken["creator"]>;

/** Returns who created or last rotated tokens of a workspace, by id. Names are those of members, else of users. */
export async function findTokenCreators(
  db: Db,
  workspaceId: string,
): Promise<Map<string, Creator>> {
  const rows = await db
    .selectDistinct({
      id: sql<string>`${tokens.createdBy}`,
      name: sql<string | null>`coalesce(${members.name}, ${users.name})`,
      memberId: members.id,
    })
    .from(tokens)
    .leftJoin(users, eq(users.id, tokens.createdBy))
    .leftJoin(
      members,
      and(eq(members.workspaceId, tokens.workspaceId), eq(members.userId, tokens.createdBy)),
    )
    .where(and(eq(tokens.workspaceId, workspaceId), isNotNull(tokens.createdBy)));
  return new Map(
    rows.map(({ id, name, memberId }) => [
      id,
      { id, name, hasLeft: id.startsWith("usr_") && memberId === null },
    ]),
  );
}
