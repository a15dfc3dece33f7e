import { eq, sql } from "drizzle-orm";
import type { GettingStarted } from "../contract/api/getting-started.ts";
import type { Db } from "./database.ts";
import { gettingStartedDismissals } from "./schema.ts";

/** Reads what has been done in a workspace. `isOwn`: tokens are only the member's own. */
export async function readGettingStarted(
  db: Db,
  workspaceId: string,
  memberId: string,
  isOwn: boolean,
): Promise<GettingStarted> {
  const clientTokens = sql`SELECT 1 FROM tokens WHERE workspace_id = ${workspaceId} AND session_id IS NULL
    AND (${isOwn ? 0 : 1} OR member_id = ${memberId})`;
  const row = await db.get<Record<keyof GettingStarted, number>>(
    sql`SELECT
      EXISTS (SELECT 1 FROM servers WHERE workspace_id = ${workspaceId}) AS serverAdded,
      EXISTS (SELECT 1 FROM workspaces WHERE id = ${workspaceId} AND (enforcement = 0 OR default_access = 'open'))
        OR EXISTS (SELECT 1 FROM rules JOIN members ON members.id = rules.member_id
          WHERE members.workspace_id = ${workspaceId}) AS accessGiven,
      (SELECT count(*) FROM members WHERE workspace_id = ${workspaceId}) > 1 AS memberInvited,
      EXISTS (${clientTokens}) AS tokenCreated,
      EXISTS (${clientTokens} AND last_used_at IS NOT NULL) AS clientCalled,
      EXISTS (SELECT 1 FROM getting_started_dismissals WHERE member_id = ${memberId}) AS isDismissed`,
  );
  return {
    serverAdded: Boolean(row.serverAdded),
    accessGiven: Boolean(row.accessGiven),
    memberInvited: Boolean(row.memberInvited),
    tokenCreated: Boolean(row.tokenCreated),
    clientCalled: Boolean(row.clientCalled),
    isDismissed: Boolean(row.isDismissed),
  };
}

/** Stores whether a member has dismissed "Getting started". */
export async function saveDismissal(db: Db, memberId: string, isDismissed: boolean): Promise<void> {
  if (isDismissed)
    await db.insert(gettingStartedDismissals).values({ memberId }).onConflictDoNothing();
  else
    await db
      .delete(gettingStartedDismissals)
      .where(eq(gettingStartedDismissals.memberId, memberId));
}
