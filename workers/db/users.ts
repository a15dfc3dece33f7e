import { and, asc, eq, getTableColumns, isNull, ne, sql } from "drizzle-orm";
import type { Passkey, User } from "../contract/api/people.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Role } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { passkeys, recoveryCodes, sessions, users } from "./people-schema.ts";
import { members, workspaces } from "./schema.ts";

/** A passkey with what verifying its signatures takes. */
export type PasskeyRecord = typeof passkeys.$inferSelect;

const {
  userId: _owner,
  publicKey: _key,
  counter: _counter,
  transports: _transports,
  ...facts
} = getTableColumns(passkeys);

/** A person's place in one workspace. */
export interface MembershipRow {
  workspace: { id: string; slug: string; name: string };
  memberId: string;
  role: Role;
}

export async function findUser(db: Db, id: string): Promise<User | undefined> {
  return (await db.select().from(users).where(eq(users.id, id)))[0];
}

/** The one whom Cloudflare Access knows under this address. */
export async function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  return (await db.select().from(users).where(eq(users.email, email)))[0];
}

/** Users, oldest first. */
export async function listUsers(db: Db): Promise<User[]> {
  return db.select().from(users).orderBy(asc(users.createdAt)).limit(1_000);
}

export async function hasUsers(db: Db): Promise<boolean> {
  return (await db.select({ id: users.id }).from(users).limit(1)).length > 0;
}

/** Stores a new person with the event that tells of it, and a passkey if there is one. */
export async function insertUser(
  db: Db,
  user: User,
  passkey: PasskeyRecord | null,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.insert(users).values(user),
    ...(passkey ? [db.insert(passkeys).values(passkey)] : []),
    insertEvent(db, event),
  ]);
}

export async function updateUser(
  db: Db,
  id: string,
  fields: { name?: string; email?: string | null },
  event: AuditEvent,
): Promise<void> {
  await db.batch([db.update(users).set(fields).where(eq(users.id, id)), insertEvent(db, event)]);
}

/** The workspaces of a person, by slug. */
export async function listMemberships(db: Db, userId: string): Promise<MembershipRow[]> {
  return db
    .select({
      workspace: { id: workspaces.id, slug: workspaces.slug, name: workspaces.name },
      memberId: members.id,
      role: members.role,
    })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(and(eq(members.userId, userId), isNull(workspaces.deletedAt)))
    .orderBy(asc(workspaces.slug));
}

/** The role and member of a person in a workspace. */
export async function findMembership(
  db: Db,
  workspaceId: string,
  userId: string,
): Promise<{ memberId: string; role: Role } | undefined> {
  const rows = await db
    .select({ memberId: members.id, role: members.role })
    .from(members)
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)));
  return rows[0];
}

export async function findPasskey(db: Db, id: string): Promise<PasskeyRecord | undefined> {
  return (await db.select().from(passkeys).where(eq(passkeys.id, id)))[0];
}

/** A person's passkeys, oldest first. */
export async function listPasskeys(db: Db, userId: string): Promise<Passkey[]> {
  return db
    .select(facts)
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .orderBy(asc(passkeys.createdAt));
}

/** Adds a passkey; `endSessions`: everybody who is signed in as its owner is signed out. */
export async function insertPasskey(
  db: Db,
  passkey: PasskeyRecord,
  endSessions: boolean,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.insert(passkeys).values(passkey),
    ...(endSessions
      ? [
          db
            .delete(passkeys)
            .where(and(eq(passkeys.userId, passkey.userId), ne(passkeys.id, passkey.id))),
          db.delete(recoveryCodes).where(eq(recoveryCodes.userId, passkey.userId)),
          db.delete(sessions).where(eq(sessions.userId, passkey.userId)),
        ]
      : []),
    insertEvent(db, event),
  ]);
}

export async function renamePasskey(
  db: Db,
  userId: string,
  id: string,
  label: string,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db
      .update(passkeys)
      .set({ label })
      .where(and(eq(passkeys.id, id), eq(passkeys.userId, userId))),
    insertEvent(db, event),
  ]);
}

export async function deletePasskey(
  db: Db,
  userId: string,
  id: string,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db
      .delete(passkeys)
      .where(
        and(
          eq(passkeys.id, id),
          eq(passkeys.userId, userId),
          sql`(SELECT count(*) FROM passkeys WHERE user_id = ${userId}) > 1`,
        ),
      ),
    insertEvent(db, event),
  ]);
}

/** Keeps what a passkey's last signature said of it. */
export async function touchPasskey(
  db: Db,
  id: string,
  use: { counter: number; isBackedUp: boolean; lastUsedAt: number },
): Promise<void> {
  await db.update(passkeys).set(use).where(eq(passkeys.id, id));
}

export async function countSignInWays(
  db: Db,
  userId: string,
): Promise<{ passkeys: number; recoveryCodes: number }> {
  const [row] = await db.all<{ keys: number; codes: number }>(
    sql`SELECT (SELECT count(*) FROM passkeys WHERE user_id = ${userId}) AS keys,
               (SELECT count(*) FROM recovery_codes WHERE user_id = ${userId}) AS codes`,
  );
  return { passkeys: row?.keys ?? 0, recoveryCodes: row?.codes ?? 0 };
}

/** Puts new recovery codes in place of all that a person had. */
export async function replaceRecoveryCodes(
  db: Db,
  userId: string,
  digests: string[],
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId)),
    db.insert(recoveryCodes).values(digests.map((digest) => ({ digest, userId }))),
    insertEvent(db, event),
  ]);
}

/** Uses a recovery code up; its owner, or undefined when there is no such code. */
export async function takeRecoveryCode(db: Db, digest: string): Promise<string | undefined> {
  const rows = await db
    .delete(recoveryCodes)
    .where(eq(recoveryCodes.digest, digest))
    .returning({ userId: recoveryCodes.userId });
  return rows[0]?.userId;
}
