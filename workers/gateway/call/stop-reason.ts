import type { StopCause } from "../../contract/records/stop.ts";

/**
 * `client_cancelled`: by `notifications/cancelled`. `token_revoked`, `access_revoked`: the client may not receive the
 * response any more. A cause: an admin has stopped the call.
 */
export type StopReason =
  | "upstream_timeout"
  | "client_disconnected"
  | "client_cancelled"
  | "token_revoked"
  | "access_revoked"
  | StopCause
  | "internal";
