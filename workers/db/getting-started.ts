import { eq, sql, type SQL } from "drizzle-orm";
import type { GettingStarted } from "../contract/api/getting-started.ts";
import type { Db } from "./database.ts";
import { gettingStartedDismissals } from "./schema.ts";

/** The newest changes in which the author of rules and settings is looked for: a bound of what is read. */
const MAX_CHANGES = 500;
const OPERATOR = sql.raw("'operator'");

/**
 * Reads what people have done in a workspace, not the operator key. `isOwn`: tokens are only the member's own. What the
 * log does not tell any more counts as done by a person.
 */
export async function readGettingStarted(
  db: Db,
  workspaceId: string,
  memberId: string,
  isOwn: boolean,
): Promise<GettingStarted> {
  const clientTokens = sql`SELECT 1 FROM tokens WHERE workspace_id = ${workspaceId} AND session_id IS NULL
    AND (${isOwn ? 0 : 1} OR member_id = ${memberId})`;
  const isByPerson = (changes: SQL) => sql`coalesce((SELECT max(actor <> ${OPERATOR}) FROM
    (SELECT actor, action, detail FROM audit_events WHERE workspace_id = ${workspaceId} ORDER BY seq DESC LIMIT ${MAX_CHANGES})
    WHERE ${changes}), 1)`;
  // A new entity has the time of its event, which an index finds.
  const isServerByOperator = sql`EXISTS (SELECT 1 FROM audit_events WHERE workspace_id = ${workspaceId}
    AND occurred_at = servers.created_at AND actor = ${OPERATOR})`;
  const row = await db.get<Record<keyof GettingStarted, number>>(
    sql`SELECT
      EXISTS (SELECT 1 FROM servers WHERE workspace_id = ${workspaceId} AND NOT ${isServerByOperator}) AS serverAdded,
      EXISTS (SELECT 1 FROM workspaces WHERE id = ${workspaceId} AND (enforcement = 0 OR default_access = 'open')
          AND ${isByPerson(sql`action IN ('workspace.created', 'workspace.updated')
            AND (detail ->> 'enforcement' IS NOT NULL OR detail ->> 'defaultAccess' IS NOT NULL)`)})
        OR EXISTS (SELECT 1 FROM rules JOIN members ON members.id = rules.member_id
          WHERE members.workspace_id = ${workspaceId}
          AND ${isByPerson(sql`action IN ('member.rules_set', 'member.rules_edited')`)}) AS accessGiven,
      (SELECT count(*) FROM members WHERE workspace_id = ${workspaceId}) > 1 AS memberInvited,
      EXISTS (${clientTokens} AND created_by IS NOT ${OPERATOR}) AS tokenCreated,
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
