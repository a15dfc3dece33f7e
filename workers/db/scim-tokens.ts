import { and, asc, eq, getTableColumns, isNull } from "drizzle-orm";
import type { AuditEvent } from "../contract/records/audit.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import type { Db } from "./database.ts";
import { insertEvent } from "./events.ts";
import { workspaces } from "./schema.ts";
import { scimTokens } from "./scim-schema.ts";

/** A row of `scim_tokens`. */
export type ScimTokenRecord = typeof scimTokens.$inferSelect;

const { workspaceId: _workspace, digest: _digest, ...publicColumns } = getTableColumns(scimTokens);

/** Returns a workspace's SCIM tokens without digests, also revoked ones, oldest first. */
export async function listScimTokens(db: Db, workspaceId: string) {
  return db
    .select(publicColumns)
    .from(scimTokens)
    .where(eq(scimTokens.workspaceId, workspaceId))
    .orderBy(asc(scimTokens.createdAt), asc(scimTokens.id));
}

/** Stores a new token with its audit event. */
export async function insertScimToken(
  db: Db,
  record: ScimTokenRecord,
  event: AuditEvent,
): Promise<void> {
  await db.batch([db.insert(scimTokens).values(record), insertEvent(db, event)]);
}

/** Revokes a token with its audit event. A revoked one keeps its first time. */
export async function revokeScimToken(
  db: Db,
  id: string,
  revokedAt: number,
  event: AuditEvent,
): Promise<void> {
  await db.batch([
    db
      .update(scimTokens)
      .set({ revokedAt })
      .where(and(eq(scimTokens.id, id), isNull(scimTokens.revokedAt))),
    insertEvent(db, event),
  ]);
}

/** Returns the token with this digest and its workspace; undefined: it is unknown or revoked, or the workspace is deleted. */
export async function findScimToken(
  db: Db,
  digest: string,
): Promise<
  { token: ScimTokenRecord; workspace: Pick<WorkspaceRecord, "id" | "slug"> } | undefined
> {
  const rows = await db
    .select({ token: scimTokens, workspace: { id: workspaces.id, slug: workspaces.slug } })
    .from(scimTokens)
    .innerJoin(workspaces, eq(workspaces.id, scimTokens.workspaceId))
    .where(
      and(
        eq(scimTokens.digest, digest),
        isNull(scimTokens.revokedAt),
        isNull(workspaces.deletedAt),
      ),
    );
  return rows[0];
}

/** Stores when a token was used last. */
export async function touchScimToken(db: Db, id: string, lastUsedAt: number): Promise<void> {
  await db.update(scimTokens).set({ lastUsedAt }).where(eq(scimTokens.id, id));
}

/** Stores the last request with a token that was refused, in words that hold no value of a person. */
export async function noteScimError(
  db: Db,
  id: string,
  lastErrorAt: number,
  lastError: string,
): Promise<void> {
  await db.update(scimTokens).set({ lastErrorAt, lastError }).where(eq(scimTokens.id, id));
}
