import { MAX_RESPONSE_SIZE } from "../contract/limits.ts";
import type { ServerCheck, UpstreamErrorCode } from "../contract/rpc/tool-catalogue.ts";

/** Why a call failed. */
export type FailureCode =
  | UpstreamErrorCode
  | "input_required"
  | "too_many_suspended_calls"
  | "unknown_task"
  | "internal";

/**
 * `status`: the server's HTTP status, if it responded. `retryAfterSeconds`: until a server that is down is called again.
 * `advice`: of `needs_permission`: what is missing, and what to do. `cause`: of `needs_sign_in`: why, in words of the gateway.
 */
interface FailureCause {
  code: FailureCode;
  status?: number;
  retryAfterSeconds?: number;
  advice?: string;
  cause?: string;
  /** Whether the call uses the account of the person or agent who calls. Absent: it does not. */
  isOwnAccount?: boolean;
}

/**
 * A failure in a sentence for the client and its model. The cause is for the admin, in the audit row and on the health
 * page.
 */
export function toFailureText(
  { code, status, retryAfterSeconds, advice, cause, isOwnAccount }: FailureCause,
  server: string,
): string {
  switch (code) {
    case "too_many_suspended_calls":
      return "Too many calls wait for input. Respond to some of them or end them, then call again.";
    case "input_required":
      return `The server "${server}" requested input that was not given. Call again and give it.`;
    case "unknown_task":
      return `Task not found: the connection to the server "${server}" on which it ran has ended.`;
    case "upstream_timeout":
      return `The server "${server}" did not respond in time. Try again, or with a smaller request.`;
    case "upstream_unauthorized":
    case "credential_unreadable":
      return `The server "${server}" did not accept the gateway's credential. Tell your admin.`;
    case "needs_sign_in":
      return `${cause === undefined ? "" : `${cause}. `}The server "${server}" needs a new sign-in of the gateway, which an owner or admin of the workspace makes on the server’s page in the dashboard. Tell your admin.`;
    case "needs_permission":
      return `The server "${server}" refused the call: ${isOwnAccount ? "the account that you call it with needs more permission" : "the gateway’s sign-in there does not have the permission for it"}. ${advice ?? "Tell your admin."}`;
    case "needs_account":
      return `The server "${server}" is used with the account of each person, and this token belongs to no person. Use the token of a person or an agent.`;
    case "sign_in_server_down":
      return `The provider at which the gateway signs in for the server "${server}" does not answer. Try again in a minute.`;
    case "upstream_too_large":
      return `The response of the server "${server}" is larger than ${MAX_RESPONSE_SIZE}. Request less.`;
    case "upstream_flood":
      return `The server "${server}" sent more events than a call can carry, so the call was ended. Do not repeat it; tell your admin.`;
    case "upstream_bad_response":
      return `The server "${server}" sent a response that is not valid MCP. Tell your admin.`;
    case "internal":
      return `The gateway failed while it called the server "${server}". Try again or tell your admin.`;
    case "upstream_forbidden_address":
    case "upstream_redirect":
      return `The server "${server}" cannot be called at its address. Tell your admin.`;
    case "upstream_loop":
      return `The server "${server}" leads back to a gateway that the call has passed. Tell your admin.`;
    case "upstream_http_error":
      if (status !== undefined && status >= 400 && status < 500 && status !== 429)
        return `The server "${server}" refused the request (HTTP ${status}). Tell your admin.`;
      return `The server "${server}" failed${status === undefined ? "" : ` (HTTP ${status})`}. Try again later or tell your admin.`;
    case "upstream_circuit_open":
      return `The server "${server}" cannot be reached, so the call was not sent. It is tried again in ${retryAfterSeconds ?? 0} s. Call again then, or tell your admin.`;
    case "upstream_unreachable":
      return `The server "${server}" cannot be reached now. Try again later or tell your admin.`;
  }
}

/** A check for clients and members: the cause of a failure can quote the server and its address, and is for admins. */
export function withoutCause<T extends ServerCheck | null>(check: T, serverName: string): T {
  if (!check?.error) return check;
  const { code } = check.error;
  return { ...check, error: { code, message: toFailureText(check.error, serverName) } };
}
