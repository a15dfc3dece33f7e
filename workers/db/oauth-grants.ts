import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { OauthClient } from "../contract/records/oauth.ts";
import type { Db } from "./database.ts";
import { members, tokens } from "./schema.ts";

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
        isNull(tokens.revokedAt),
        or(isNull(tokens.expiresAt), gt(tokens.expiresAt, now)),
      ),
    )
    .limit(1);
  return rows.length > 0;
}
