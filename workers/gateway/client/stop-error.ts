import type { StopCause } from "../../contract/records/stop.ts";
import type { JsonRpcError } from "../../mcp/json-rpc.ts";
import { ERROR } from "../../mcp/protocol.ts";

/** What is stopped and who can lift that: people read it in their clients. */
const MESSAGES: Record<StopCause, string> = {
  workspace_stopped:
    "All calls in this workspace are stopped. An owner or admin of the workspace can lift the stop.",
  member_suspended:
    "Your access to this workspace is suspended. An owner or admin of the workspace can lift the suspension.",
  token_suspended:
    "This token is suspended. An owner or admin of the workspace can lift the suspension.",
  client_blocked:
    "This workspace blocks this client or this version of it. An owner or admin of the workspace can unblock it.",
};

/** The error of a request that is refused, or a call that is ended, because an owner or admin has stopped it. */
export function toStopError(cause: StopCause): JsonRpcError {
  return { code: ERROR.stopped, message: MESSAGES[cause], data: { reason: cause } };
}
