import { and, asc, eq, gt, gte, isNull, lt, or, sql, type SQL } from "drizzle-orm";
import type { Db } from "./database.ts";
import { oauthRecords } from "./oauth-schema.ts";
import { deleteInSteps, type QueryBudget } from "./query-budget.ts";

/** A record to store. `expiresAt`: epoch ms; null: it does not expire. */
export interface OauthRecord {
  key: string;
  value: string;
  metadata: Record<string, unknown> | null;
  clientId: string | null;
  expiresAt: number | null;
}

/** Returns a record that has not expired, with its version. */
export async function findOauthRecord(
  db: Db,
  key: string,
  now: number,
): Promise<{ value: string; version: string } | undefined> {
  const { value, version } = oauthRecords;
  const rows = await db
    .select({ value, version })
    .from(oauthRecords)
    .where(and(eq(oauthRecords.key, key), isValid(now)));
  return rows[0];
}

/**
 * Stores a record. `replaces`: the version that the record must have now; null: there must be none; undefined: whichever
 * there is. Returns whether it was stored.
 */
export async function saveOauthRecord(
  db: Db,
  record: OauthRecord,
  replaces: string | null | undefined,
  now: number,
): Promise<boolean> {
  const values = { ...record, version: crypto.randomUUID(), createdAt: now };
  if (typeof replaces === "string") {
    const { createdAt: _kept, ...set } = values;
    const rows = await db
      .update(oauthRecords)
      .set(set)
      .where(and(eq(oauthRecords.key, record.key), eq(oauthRecords.version, replaces)))
      .returning({ key: oauthRecords.key });
    return rows.length > 0;
  }
  const rows = await db
    .insert(oauthRecords)
    .values(values)
    .onConflictDoUpdate({
      target: oauthRecords.key,
      set: values,
      ...(replaces === null ? { setWhere: sql`${oauthRecords.expiresAt} <= ${now}` } : {}),
    })
    .returning({ key: oauthRecords.key });
  return rows.length > 0;
}

/** Deletes a record that has not expired and returns its value: of several callers, one gets it. */
export async function takeOauthRecord(
  db: Db,
  key: string,
  now: number,
): Promise<string | undefined> {
  const rows = await db
    .delete(oauthRecords)
    .where(and(eq(oauthRecords.key, key), isValid(now)))
    .returning({ value: oauthRecords.value });
  return rows[0]?.value;
}

/** Deletes a record. */
export async function deleteOauthRecord(db: Db, key: string): Promise<void> {
  await db.delete(oauthRecords).where(eq(oauthRecords.key, key));
}

/** Returns the keys and metadata of records whose key begins with `prefix`, after the key `after`, in their order. */
export async function listOauthRecords(
  db: Db,
  prefix: string,
  after: string,
  limit: number,
  now: number,
): Promise<{ key: string; metadata: Record<string, unknown> | null }[]> {
  const { key, metadata } = oauthRecords;
  return db
    .select({ key, metadata })
    .from(oauthRecords)
    .where(and(hasPrefix(prefix), gt(key, after), isValid(now)))
    .orderBy(asc(key))
    .limit(limit);
}

/** The keys of clients that have registered themselves begin with this. */
const CLIENTS = "client:";
const isUnused = sql`NOT EXISTS (SELECT 1 FROM oauth_records AS g WHERE g.client_id = substr(oauth_records.key, ${CLIENTS.length + 1}))`;

/**
 * Makes room for another registered client: beyond `max`, those that registered first and that no person uses are deleted.
 * A flood of registrations costs space for `max`, and ends none that is in use.
 */
export async function makeRoomForClient(db: Db, max: number): Promise<void> {
  const surplus = sql`(SELECT max(0, count(*) - ${max - 1}) FROM oauth_records WHERE ${hasPrefix(CLIENTS)})`;
  const oldest = sql`(SELECT key FROM oauth_records WHERE ${hasPrefix(CLIENTS)} AND ${isUnused}
    ORDER BY created_at LIMIT ${surplus})`;
  await db.delete(oauthRecords).where(sql`${oauthRecords.key} IN ${oldest}`);
}

/** Deletes records that have expired, and clients that registered before `unusedBefore` and that no person uses, in steps. */
export async function deleteExpiredOauthRecords(
  db: Db,
  now: number,
  unusedBefore: number,
  budget: QueryBudget,
): Promise<void> {
  const records = { table: "oauth_records", key: "key" };
  await deleteInSteps(db, budget, { ...records, where: sql`expires_at < ${now}` });
  const where = sql`${hasPrefix(CLIENTS)} AND created_at < ${unusedBefore} AND ${isUnused}`;
  await deleteInSteps(db, budget, { ...records, where });
}

function isValid(now: number): SQL | undefined {
  return or(isNull(oauthRecords.expiresAt), gt(oauthRecords.expiresAt, now));
}

/** The keys are ASCII. */
function hasPrefix(prefix: string): SQL | undefined {
  return and(gte(oauthRecords.key, prefix), lt(oauthRecords.key, `${prefix}\u{7f}`));
}
