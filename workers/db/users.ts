import { and, asc, eq, getTableColumns, isNull, ne, sql } from "drizzle-orm";
import type { Passkey, User } from "../contract/api/people.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Role } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { insertEvent, insertPersonEvent } from "./events.ts";
import { passkeys, recoveryCodes, sessions, users } from "./people-schema.ts";
import { members, workspaces } from "./schema.ts";

/** A row of `passkeys`: a WebAuthn credential with its public key and counter. */
export type PasskeyRecord = typeof passkeys.$inferSelect;

const {
  userId: _owner,
  publicKey: _key,
  counter: _counter,
  transports: _transports,
  ...publicColumns
} = getTableColumns(passkeys);

/** A user's membership in one workspace. */
export interface MembershipRecord {
  workspace: { id: string; slug: string; name: string };
  memberId: string;
  role: Role;
  /** Epoch ms; null: the member is not suspended. */
  suspendedAt: number | null;
}

/** A member's state as its requests change it: `lastSeenAt` null: it has made none. */
export type MembershipState = Omit<MembershipRecord, "workspace"> & { lastSeenAt: number | null };

/** Returns a user by id. */
export async function findUser(db: Db, id: string): Promise<User | undefined> {
  return (await db.select().from(users).where(eq(users.id, id)))[0];
}

/** Returns the name of a user; null: `id` is no user's, such as `operator`. */
export async function readUserName(db: Db, id: string): Promise<string | null> {
  return (await findUser(db, id))?.name ?? null;
}

/** Returns the user with this Cloudflare Access address. */
export async function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  return (await db.select().from(users).where(eq(users.email, email)))[0];
}

/** Returns users, oldest first, at most 1,000. */
export async function listUsers(db: Db): Promise<User[]> {
  return db.select().from(users).orderBy(asc(users.createdAt)).limit(1_000);
}

/** Whether any user exists. */
export async function hasUsers(db: Db): Promise<boolean> {
  return (await db.select({ id: users.id }).from(users).limit(1)).length > 0;
}

/** Stores a new user with the audit event, and the user's passkey if any. False: the passkey exists already. */
export async function insertUser(
  db: Db,
  user: User,
  passkey: PasskeyRecord | null,
  event: AuditEvent,
): Promise<boolean> {
  const insert = db.insert(users).values(user);
  if (passkey)
    return isPasskeyStored(db, passkey, [
      insert,
      db.insert(passkeys).values(passkey),
      insertEvent(db, event),
    ]);
  await db.batch([insert, insertEvent(db, event)]);
  return true;
}

/** Runs statements that insert a passkey, all or none. False: a passkey with its id exists already. */
async function isPasskeyStored(
  db: Db,
  { id }: PasskeyRecord,
  statements: Parameters<Db["batch"]>[0],
): Promise<boolean> {
  try {
    await db.batch(statements);
    return true;
  } catch (error) {
    if (await findPasskey(db, id)) return false;
    throw error;
  }
}

/** Stores a change of a user with the audit event. */
export async function updateUser(
  db: Db,
  id: string,
  fields: {
    name?: string;
    email?: string | null;
    managesHosts?: boolean;
    curatesMarketplace?: boolean;
  },
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.update(users).set(fields).where(eq(users.id, id)),
    ...insertPersonEvent(db, id, event),
  ]);
}

/** Returns a user's memberships, by workspace slug. */
export async function listMemberships(db: Db, userId: string): Promise<MembershipRecord[]> {
  return db
    .select({
      workspace: { id: workspaces.id, slug: workspaces.slug, name: workspaces.name },
      memberId: members.id,
      role: members.role,
      suspendedAt: members.suspendedAt,
    })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(and(eq(members.userId, userId), isNull(workspaces.deletedAt)))
    .orderBy(asc(workspaces.slug));
}

/** Returns whether a user is a member of a workspace, not suspended, and not only as an auditor, who changes nothing. */
export async function isActingMember(db: Db, userId: string): Promise<boolean> {
  const memberships = await listMemberships(db, userId);
  return memberships.some(({ role, suspendedAt }) => role !== "auditor" && suspendedAt === null);
}

/** Returns a user's membership in a workspace; undefined: not a member. */
export async function findMembership(
  db: Db,
  workspaceId: string,
  userId: string,
): Promise<MembershipState | undefined> {
  const { role, suspendedAt, lastSeenAt } = members;
  const rows = await db
    .select({ memberId: members.id, role, suspendedAt, lastSeenAt })
    .from(members)
    .where(and(eq(members.workspaceId, workspaceId), eq(members.userId, userId)));
  return rows[0];
}

/** Returns a passkey by its WebAuthn credential id. */
export async function findPasskey(db: Db, id: string): Promise<PasskeyRecord | undefined> {
  return (await db.select().from(passkeys).where(eq(passkeys.id, id)))[0];
}

/** Returns a user's passkeys without keys and counters, oldest first. */
export async function listPasskeys(db: Db, userId: string): Promise<Passkey[]> {
  return db
    .select(publicColumns)
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .orderBy(asc(passkeys.createdAt));
}

/** Adds a passkey and stores the audit event. False: the passkey exists already, of this user or another one. */
export async function insertPasskey(
  db: Db,
  passkey: PasskeyRecord,
  event: AuditEvent,
): Promise<boolean> {
  return isPasskeyStored(db, passkey, [
    db.insert(passkeys).values(passkey),
    ...insertPersonEvent(db, passkey.userId, event),
  ]);
}

/**
 * Makes a passkey the user's only one: deletes other passkeys, recovery codes and sessions. Stores the audit event.
 * False: the passkey exists already.
 */
export async function replaceSignInMethods(
  db: Db,
  passkey: PasskeyRecord,
  event: AuditEvent,
): Promise<boolean> {
  const { id, userId } = passkey;
  return isPasskeyStored(db, passkey, [
    db.insert(passkeys).values(passkey),
    db.delete(passkeys).where(and(eq(passkeys.userId, userId), ne(passkeys.id, id))),
    db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId)),
    db.delete(sessions).where(eq(sessions.userId, userId)),
    ...insertPersonEvent(db, userId, event),
  ]);
}

/** Changes a passkey's label and stores the audit event. */
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

/** Deletes a passkey and stores the audit event. The user's last passkey stays, also when deletions are concurrent. */
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
    ...insertPersonEvent(db, userId, event),
  ]);
}

/** Stores the state that a passkey reported with its last signature. */
export async function touchPasskey(
  db: Db,
  id: string,
  use: { counter: number; isBackedUp: boolean; lastUsedAt: number },
): Promise<void> {
  await db.update(passkeys).set(use).where(eq(passkeys.id, id));
}

/** Returns the number of a user's passkeys and unused recovery codes. */
export async function countSignInMethods(
  db: Db,
  userId: string,
): Promise<{ passkeys: number; recoveryCodes: number }> {
  const [row] = await db.all<{ keys: number; codes: number }>(
    sql`SELECT (SELECT count(*) FROM passkeys WHERE user_id = ${userId}) AS keys,
               (SELECT count(*) FROM recovery_codes WHERE user_id = ${userId} AND used_at IS NULL) AS codes`,
  );
  return { passkeys: row?.keys ?? 0, recoveryCodes: row?.codes ?? 0 };
}

/** Replaces all recovery codes of a user and stores the audit event. */
export async function replaceRecoveryCodes(
  db: Db,
  userId: string,
  digests: string[],
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId)),
    db.insert(recoveryCodes).values(digests.map((digest) => ({ digest, userId }))),
    ...insertPersonEvent(db, userId, event),
  ]);
}

/** Marks a recovery code as used and returns its user's id; undefined: unknown or used. Of concurrent calls, one succeeds. */
export async function consumeRecoveryCode(
  db: Db,
  digest: string,
  usedAt: number,
): Promise<string | undefined> {
  const rows = await db
    .update(recoveryCodes)
    .set({ usedAt })
    .where(and(eq(recoveryCodes.digest, digest), isNull(recoveryCodes.usedAt)))
    .returning({ userId: recoveryCodes.userId });
  return rows[0]?.userId;
}

/** Returns the id of the user of a recovery code, also of a used one; undefined: unknown, or replaced by newer codes. */
export async function findRecoveryCodeUser(db: Db, digest: string): Promise<string | undefined> {
  const rows = await db
    .select({ userId: recoveryCodes.userId })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.digest, digest));
  return rows[0]?.userId;
}

/** Stores an event about a user's account that is not part of a change. */
export async function recordPersonEvent(db: Db, userId: string, event: AuditEvent): Promise<void> {
  await db.batch(insertPersonEvent(db, userId, event));
}
