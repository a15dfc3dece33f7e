import { and, eq, sql } from "drizzle-orm";
import type { ListedMember } from "../contract/api/resources.ts";
import type { Db } from "./database.ts";
import { members, tokens } from "./schema.ts";

/** What a member last did, and the number of its valid tokens, without temporary ones and those of trust rules. */
export type MemberActivity = Pick<ListedMember, "lastSeenAt" | "lastCallAt" | "tokens">;

/** Returns the activity of a workspace's members, by member id. `now`: epoch ms, for the expiry of tokens. */
export async function listMemberActivity(
  db: Db,
  workspaceId: string,
  now: number,
): Promise<Map<string, MemberActivity>> {
  const isValid = sql`${tokens.sessionId} IS NULL AND ${tokens.trustRuleId} IS NULL AND ${tokens.revokedAt} IS NULL AND coalesce(${tokens.expiresAt}, ${now} + 1) > ${now}`;
  const rows = await db
    .select({
      id: members.id,
      lastSeenAt: members.lastSeenAt,
      lastCallAt: sql<number | null>`max(${tokens.lastUsedAt})`,
      tokens: sql<number>`count(CASE WHEN ${isValid} THEN ${tokens.id} END)`,
    })
    .from(members)
    .leftJoin(
      tokens,
      and(eq(tokens.workspaceId, members.workspaceId), eq(tokens.memberId, members.id)),
    )
    .where(eq(members.workspaceId, workspaceId))
    .groupBy(members.id);
  return new Map(rows.map(({ id, ...activity }) => [id, activity]));
}

/** Stores the time of a member's last request to the management API. */
export async function touchMember(db: Db, id: string, lastSeenAt: number): Promise<void> {
  await db.update(members).set({ lastSeenAt }).where(eq(members.id, id));
}
