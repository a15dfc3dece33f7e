import type { Db } from "../db/database.ts";
import { listTokensOfEndedSessions } from "../db/temporary-tokens.ts";
import type { Env } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { workspacesOf } from "../runtime/objects.ts";

/** As `endTemporaryTokens`, of several users. */
export async function endTemporaryTokensOfAll(env: Env, db: Db, users: string[]): Promise<void> {
  for (const userId of users) await endTemporaryTokens(env, db, userId);
}

/**
 * Ends the temporary tokens of a user's browser sessions that have ended. A failure is only logged: the session has ended
 * already, and its tokens expire by themselves.
 */
export async function endTemporaryTokens(env: Env, db: Db, userId: string): Promise<void> {
  try {
    const tokens = await listTokensOfEndedSessions(db, userId);
    await Promise.all(
      tokens.map(({ id, slug, workspaceId }) => {
        const command = { type: "temporary-token.delete", id } as const;
        return workspacesOf(env).getByName(slug).change(command, userId, workspaceId);
      }),
    );
  } catch (error) {
    logFailure("temporary_tokens_not_ended", error, { user: userId });
  }
}
