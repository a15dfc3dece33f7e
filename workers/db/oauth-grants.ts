import { and, asc, eq, gt, isNull, ne, or, sql } from "drizzle-orm";
import type { OauthClient, OauthSettings } from "../contract/records/oauth.ts";
import type { Db } from "./database.ts";
import { members, tokens, workspaces } from "./schema.ts";

/** Whether a user has let this client call tools in any workspace, with codes that went to the same host. */
export async function hasGrant(
  db: Db,
  userId: string,
  { id, redirectHost }: OauthClient,
  now: number,
): Promise<boolean> {
  const rows = await db
    .select({ id: tokens.id })
    .from(tokens)
    .innerJoin(members, eq(members.id, tokens.memberId))
    .where(
      and(
        eq(members.userId, userId),
        sql`${tokens.client} ->> 'id' = ${id}`,
        sql`${tokens.client} ->> 'redirectHost' = ${redirectHost}`,
        // Made by an assertion: the user has not consented.
        isNull(tokens.issuerId),
        isNull(tokens.revokedAt),
        or(isNull(tokens.expiresAt), gt(tokens.expiresAt, now)),
      ),
    )
    .limit(1);
  return rows.length > 0;
}

/** The workspaces in which a user calls tools, with their settings for sign-in from clients, by slug. */
export async function listSignInWorkspaces(
  db: Db,
  userId: string,
): Promise<{ id: string; slug: string; name: string; oauth: OauthSettings }[]> {
  const { id, slug, name, oauth, deletedAt } = workspaces;
  return db
    .select({ id, slug, name, oauth })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(
      and(
        eq(members.userId, userId),
        ne(members.role, "auditor"),
        isNull(members.suspendedAt),
        isNull(deletedAt),
      ),
    )
    .orderBy(asc(slug));
}
