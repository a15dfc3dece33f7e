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
