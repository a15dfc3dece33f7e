import { deleteUserBrowserSessions } from "../db/browser-sessions.ts";
import type { Db } from "../db/database.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import type { Env } from "../runtime/env.ts";
import { endTemporaryTokens } from "./end-temporary-tokens.ts";

/**
 * Ends a user's sessions after its role has changed. The actor is `system`: the workspaces of the person are not told who changed a
 * role in another one.
 */
export async function endSessions(env: Env, db: Db, userId: string): Promise<void> {
  const detail = { reason: "role_changed" };
  const event = makeAuditEvent("system", "session.all_ended", `user:${userId}`, detail);
  await deleteUserBrowserSessions(db, userId, event);
  await endTemporaryTokens(env, db, userId);
}
