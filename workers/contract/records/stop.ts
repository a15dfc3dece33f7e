import { z } from "zod";

/**
 * What refuses a token that is otherwise valid: the workspace's calls are stopped, its member or the token itself is
 * suspended, or the client is blocked. It is the reason in the client's error and the error code in the audit log.
 */
export const StopCause = z.enum([
  "workspace_stopped",
  "member_suspended",
  "token_suspended",
  "client_blocked",
]);
export type StopCause = z.infer<typeof StopCause>;

/** The name and version that a client gives itself. */
export interface ClientInfo {
  name: string | null;
  version: string | null;
}

/** A client to refuse. */
export const BlockedClientInput = z.strictObject({
  /** The name that the client gives itself in `clientInfo`, compared without regard to case. */
  name: z.string().trim().min(1).max(200),
  /** The beginning of the versions to refuse, compared as text: `1.2` is also the beginning of `1.20`. Null or absent: all. */
  versionPrefix: z.string().trim().min(1).max(100).nullable().optional(),
});
export type BlockedClientInput = z.infer<typeof BlockedClientInput>;
