import { and, asc, eq, sql } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";
import { insertEventIf } from "./events.ts";
import { memberIdentities } from "./identity-schema.ts";
import type { MemberIdentityRecord } from "./member-identities.ts";
import { members } from "./schema.ts";

/** Returns the members that a workspace knows by an issuer, with their names, oldest first. */
export async function listPinnedMembers(
  db: Db,
  workspaceId: string,
  issuer: string,
): Promise<(MemberIdentityRecord & { memberName: string })[]> {
  const rows = await db
    .select({ identity: memberIdentities, memberName: members.name })
    .from(memberIdentities)
    .innerJoin(members, eq(members.id, memberIdentities.memberId))
    .where(and(eq(memberIdentities.workspaceId, workspaceId), eq(memberIdentities.issuer, issuer)))
    .orderBy(asc(memberIdentities.pinnedAt), asc(memberIdentities.subject));
  return rows.map(({ identity, memberName }) => ({ ...identity, memberName }));
}

/**
 * Pins a subject to a member, at its first use (`byAddress`) or by an owner, with the audit event. Returns whether the subject is
 * that member now: a member has one subject of an issuer, so that of two at the same time one is refused.
 */
export async function pinIdentity(
  db: Db,
  record: MemberIdentityRecord,
  event: AuditEvent,
): Promise<boolean> {
  const { workspaceId, issuer, subject, memberId, email, pinnedAt, byAddress } = record;
  const ofIssuer = sql`FROM member_identities WHERE workspace_id = ${workspaceId} AND issuer = ${issuer}`;
  const isKnown = sql`EXISTS (SELECT 1 ${ofIssuer} AND (member_id = ${memberId} OR subject = ${subject}))`;
  const isThis = and(
    eq(memberIdentities.workspaceId, workspaceId),
    eq(memberIdentities.issuer, issuer),
    eq(memberIdentities.subject, subject),
  );
  const [, , rows] = await db.batch([
    // The event first: it is stored under the same condition.
    insertEventIf(db, event, sql`NOT ${isKnown}`),
    db
      .insert(memberIdentities)
      .select(
        sql`SELECT ${workspaceId}, ${issuer}, ${subject}, ${memberId}, ${email}, ${pinnedAt}, ${byAddress ? 1 : 0} WHERE NOT ${isKnown}`,
      ),
    db.select().from(memberIdentities).where(isThis),
  ]);
  return rows[0]?.memberId === memberId;
}
