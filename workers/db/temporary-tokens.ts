import { and, eq, isNotNull, isNull, lt } from "drizzle-orm";
import type { Db } from "./database.ts";
import { sessions } from "./people-schema.ts";
import { tokens, workspaces } from "./schema.ts";

/** Returns a user's temporary tokens whose browser session has ended, with their workspaces. */
export async function listTokensOfEndedSessions(
  db: Db,
  userId: string,
): Promise<{ id: string; workspaceId: string; slug: string }[]> {
  return db
    .select({ id: tokens.id, workspaceId: workspaces.id, slug: workspaces.slug })
    .from(tokens)
    .innerJoin(workspaces, eq(workspaces.id, tokens.workspaceId))
    .leftJoin(sessions, eq(sessions.id, tokens.sessionId))
    .where(and(isNotNull(tokens.sessionId), eq(tokens.createdBy, userId), isNull(sessions.id)));
}

/** Deletes temporary tokens that expired before an instant (epoch ms): they are of pages that have crashed. */
export async function deleteExpiredTemporaryTokens(db: Db, before: number): Promise<void> {
  await db.delete(tokens).where(and(isNotNull(tokens.sessionId), lt(tokens.expiresAt, before)));
}
