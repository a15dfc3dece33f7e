import { and, asc, eq, getTableColumns, gt, isNull, or } from "drizzle-orm";
import type { ApiKey } from "../contract/api/people.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Role } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { apiKeys } from "./people-schema.ts";
import { members } from "./schema.ts";

/** A row of `api_keys`: an API key with its digest. */
export type ApiKeyRecord = typeof apiKeys.$inferSelect;

const { workspaceId: _workspace, digest: _digest, ...publicColumns } = getTableColumns(apiKeys);

/** Stores a new API key with its audit event. */
export async function insertApiKey(db: Db, key: ApiKeyRecord, event: AuditEvent): Promise<void> {
  await db.batch([db.insert(apiKeys).values(key), insertEvent(db, event)]);
}

/** Returns a workspace's API keys without digests, including revoked keys, oldest first, at most 1,000. */
export async function listApiKeys(db: Db, workspaceId: string): Promise<ApiKey[]> {
  return db
    .select(publicColumns)
    .from(apiKeys)
    .where(eq(apiKeys.workspaceId, workspaceId))
    .orderBy(asc(apiKeys.createdAt))
    .limit(1_000);
}

/**
 * Returns the API key with this digest and the current role of its creator. Undefined: unknown, revoked or expired.
 * `creatorRole` null: the creator is not a member of the workspace, or is suspended.
 */
export async function findApiKey(
  db: Db,
  digest: string,
  now: number,
): Promise<{ key: ApiKeyRecord; creatorRole: Role | null } | undefined> {
  const rows = await db
    .select({ key: apiKeys, creatorRole: members.role })
    .from(apiKeys)
    .leftJoin(
      members,
      and(
        eq(members.workspaceId, apiKeys.workspaceId),
        eq(members.userId, apiKeys.createdBy),
        isNull(members.suspendedAt),
      ),
    )
    .where(
      and(
        eq(apiKeys.digest, digest),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
      ),
    );
  return rows[0];
}

/** Revokes an API key and stores the audit event. A revoked key keeps its first time of revocation. */
export async function revokeApiKey(
  db: Db,
  id: string,
  revokedAt: number,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db
      .update(apiKeys)
      .set({ revokedAt })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt))),
    insertEvent(db, event),
  ]);
}

/** Stores the time of a key's last use. */
export async function touchApiKey(db: Db, id: string, lastUsedAt: number): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt }).where(eq(apiKeys.id, id));
}
