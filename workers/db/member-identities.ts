import { and, eq, inArray, or, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Role } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { formerIdentities, identityIssuers, memberIdentities } from "./identity-schema.ts";
import { sessions } from "./people-schema.ts";
import { members } from "./schema.ts";

/** A row of `member_identities`: an issuer's subject that is a member. */
export type MemberIdentityRecord = typeof memberIdentities.$inferSelect;

/** The actions whose events can name an identity that is bound with them. */
const BINDING = new Set(["member.provisioned", "member.bound", "member.joined"]);

/** The member that an identity belongs to. `userId` null: the member has not signed in to the dashboard. */
export interface IdentifiedMember {
  memberId: string;
  name: string;
  userId: string | null;
  role: Role;
  /** Epoch ms; null: the member is not suspended. */
  suspendedAt: number | null;
}

/** Returns the member of a workspace that this subject of this issuer is. */
export async function findMemberByIdentity(
  db: Db,
  workspaceId: string,
  issuer: string,
  subject: string,
): Promise<IdentifiedMember | undefined> {
  const { id: memberId, name, userId, role, suspendedAt } = members;
  const rows = await db
    .select({ memberId, name, userId, role, suspendedAt })
    .from(memberIdentities)
    .innerJoin(members, eq(members.id, memberIdentities.memberId))
    .where(isIdentity(workspaceId, issuer, subject));
  return rows[0];
}

/** Returns the ids of the members of a workspace that have this address, now or when an identity was bound, without regard to case. */
export async function listMembersWithAddress(
  db: Db,
  workspaceId: string,
  email: string,
): Promise<string[]> {
  const bound = db
    .select({ id: memberIdentities.memberId })
    .from(memberIdentities)
    .where(
      and(
        eq(memberIdentities.workspaceId, workspaceId),
        sql`lower(${memberIdentities.email}) = lower(${email})`,
      ),
    );
  const rows = await db
    .select({ id: members.id })
    .from(members)
    .where(
      and(
        eq(members.workspaceId, workspaceId),
        or(sql`lower(${members.email}) = lower(${email})`, inArray(members.id, bound)),
      ),
    )
    .limit(100);
  return rows.map(({ id }) => id);
}

/** Unbinds a subject, with the audit event. The sessions that the issuer began for that member end. */
export async function deleteMemberIdentity(
  db: Db,
  { workspaceId, issuer, subject, memberId }: MemberIdentityRecord,
  event: AuditEvent,
): Promise<void> {
  const issuers = db
    .select({ id: identityIssuers.id })
    .from(identityIssuers)
    .where(and(eq(identityIssuers.workspaceId, workspaceId), eq(identityIssuers.issuer, issuer)));
  const person = db.select({ id: members.userId }).from(members).where(eq(members.id, memberId));
  await db.batch([
    db.delete(memberIdentities).where(isIdentity(workspaceId, issuer, subject)),
    db
      .delete(sessions)
      .where(and(inArray(sessions.issuerId, issuers), inArray(sessions.userId, person))),
    insertEvent(db, event),
  ]);
}

/**
 * Returns the statements that bind an identity which a change of a member names in its event (`identity`), so that no member
 * is stored without it. The change fails when another request has bound the subject meanwhile.
 */
export function toIdentityBinding(
  db: Db,
  { action, detail, object, workspaceId, occurredAt }: AuditEvent,
): BatchItem<"sqlite">[] {
  if (!BINDING.has(action)) return [];
  const { issuer, subject, email } = Object(detail["identity"]) as Record<string, unknown>;
  if (typeof issuer !== "string" || typeof subject !== "string") return [];
  const former = { workspaceId, issuer, subject };
  return [
    db.delete(formerIdentities).where(isFormer(former)),
    db.insert(memberIdentities).values({
      workspaceId,
      issuer,
      subject,
      memberId: object.slice("member:".length),
      email: typeof email === "string" ? email : null,
      pinnedAt: occurredAt,
    }),
  ];
}

/** Whether the member that this subject was has been removed. */
export async function isFormerIdentity(
  db: Db,
  identity: { workspaceId: string; issuer: string; subject: string },
): Promise<boolean> {
  const rows = await db
    .select({ memberId: formerIdentities.memberId })
    .from(formerIdentities)
    .where(isFormer(identity));
  return rows.length > 0;
}

/** Returns the statement that remembers the identities of a member that is removed. It belongs before the removal. */
export function toFormerIdentities(db: Db, memberId: string, removedAt: number) {
  return db
    .insert(formerIdentities)
    .select(
      sql`SELECT workspace_id, issuer, subject, member_id, ${removedAt} FROM ${memberIdentities} WHERE member_id = ${memberId}`,
    )
    .onConflictDoNothing();
}

function isFormer({
  workspaceId,
  issuer,
  subject,
}: {
  workspaceId: string;
  issuer: string;
  subject: string;
}) {
  return and(
    eq(formerIdentities.workspaceId, workspaceId),
    eq(formerIdentities.issuer, issuer),
    eq(formerIdentities.subject, subject),
  );
}

function isIdentity(workspaceId: string, issuer: string, subject: string) {
  return and(
    eq(memberIdentities.workspaceId, workspaceId),
    eq(memberIdentities.issuer, issuer),
    eq(memberIdentities.subject, subject),
  );
}
