import { and, asc, eq, getTableColumns, gt, isNull, or } from "drizzle-orm";
import type { ApiKey } from "../contract/api/people.ts";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { Role } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { apiKeys } from "./people-schema.ts";
import { members } from "./schema.ts";

export type ApiKeyRecord = typeof apiKeys.$inferSelect;

const { workspaceId: _workspace, digest: _digest, ...facts } = getTableColumns(apiKeys);

export async function insertApiKey(db: Db, key: ApiKeyRecord, event: AuditEvent): Promise<void> {
  await db.batch([db.insert(apiKeys).values(key), insertEvent(db, event)]);
}

/** A workspace's keys, revoked ones too, oldest first. */
export async function listApiKeys(db: Db, workspaceId: string): Promise<ApiKey[]> {
  return db
    .select(facts)
    .from(apiKeys)
    .where(eq(apiKeys.workspaceId, workspaceId))
    .orderBy(asc(apiKeys.createdAt))
    .limit(1_000);
}

/** The key of a digest, if it is still good, with the present role of the person who made it; null: that person is no member any more. */
export async function findApiKey(
  db: Db,
  digest: string,
  now: number,
): Promise<{ key: ApiKeyRecord; makerRole: Role | null } | undefined> {
  const rows = await db
    .select({ key: apiKeys, makerRole: members.role })
    .from(apiKeys)
    .leftJoin(
      members,
      and(eq(members.workspaceId, apiKeys.workspaceId), eq(members.userId, apiKeys.createdBy)),
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

export async function touchApiKey(db: Db, id: string, lastUsedAt: number): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt }).where(eq(apiKeys.id, id));
}
