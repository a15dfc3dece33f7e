import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { parseRule } from "../access/rules.ts";

const ERRORS: Record<string, string> = {
  tool_error: "The tool reported an error",
  tool_not_allowed: "No rule allows the call",
  tool_not_selected: "The token is limited to other tools",
  too_many_subscriptions: "The client has too many subscriptions",
  blocked: "The call was not allowed",
  rate_limited: "Too many requests in a minute",
  too_many_parallel_calls: "Too many calls at the same time",
  client_disconnected: "The client disconnected",
  client_cancelled: "The client cancelled the call",
  token_revoked: "The token was revoked or has expired",
  workspace_stopped: "All calls of the workspace were stopped",
  member_suspended: "The member was suspended",
  token_suspended: "The token was suspended",
  client_blocked: "The workspace blocks the client",
  access_revoked: "The rule or the server was removed",
  gateway_stopped: "The gateway stopped",
  outcome_lost: "The outcome was lost",
  internal: "The gateway failed",
  unknown_tool: "No server has this tool",
  unknown_prompt: "No server has this prompt",
  unknown_resource: "No server has this resource",
  unknown_skill: "No server lists this skill",
  ambiguous_skill: "Several servers have a skill with this URI",
  outside_skill: "The skill does not list this file",
  skill_size_mismatch: "The file of the skill has another size than it was listed with",
  skill_digest_mismatch: "The file of the skill is not the listed one",
  skill_changed: "The skill is not the listed one",
  skill_bad_response: "The response was not what was asked for of the skill",
  unknown_task: "There is no such task",
  no_updates: "The server sends no updates",
  no_session: "The client has no session",
  input_required: "The client did not give the input",
  too_many_suspended_calls: "Too many calls wait for input",
  credential_unreadable: "The credential cannot be read",
  needs_permission: "The gateway’s sign-in lacks permission",
  needs_sign_in: "The server needs a new sign-in",
  needs_account: "The person has to connect an account",
  sign_in_server_down: "The sign-in provider does not answer",
  upstream_timeout: "The server did not respond in time",
  upstream_unauthorized: "The server refused the credential",
  upstream_unreachable: "The server cannot be reached",
  upstream_http_error: "The server responded with an HTTP error",
  upstream_bad_response: "The server’s response is not valid MCP",
  upstream_too_large: "The server’s response is too large",
  upstream_flood: "The server sent too many events",
  upstream_circuit_open: "The server is down; the call was not sent",
  upstream_redirect: "The server redirects to another address",
  upstream_forbidden_address: "The server’s address is not allowed",
  upstream_loop: "The server leads back to the gateway",
};

/** An error code in words; of a refusal without one, its status. */
export function describeErrorCode(code: string): string {
  if (code.startsWith("rpc_")) return `The server returned the error ${escapeLine(code.slice(4))}`;
  return ERRORS[code] ?? escapeLine(code.replaceAll("_", " "));
}

const DECISIONS: Record<string, string> = {
  none: "No rule allows it",
  default_access: "Default access: people who never had a rule may call everything",
  enforcement_off: "Rules are not enforced",
  workspace_token: "Workspace token: may call everything",
  token_tools: "The token is limited to other tools",
};

/** `CallRow.rule` in words. */
export function describeRule(rule: string): string {
  const words = DECISIONS[rule];
  if (words !== undefined) return words;
  const { server, tool } = parseRule(rule);
  return `${tool === null ? "Everything" : escapeLine(tool)} of ${server}`;
}

/** The kinds of changes that the log can be filtered by; `value`: an action or the beginning of actions. */
export const CHANGE_KINDS = [
  { value: "person.*", label: "Sign-ins and passkeys" },
  { value: "member.rules_*", label: "Rules" },
  { value: "member.*", label: "People and their rules" },
  { value: "token.*", label: "Tokens" },
  { value: "api_key.*", label: "API keys" },
  { value: "server.*", label: "Servers" },
  { value: "instance.*", label: "Hosted servers" },
  { value: "request.*", label: "Requests for servers" },
  { value: "workspace.*", label: "Settings" },
  { value: "audit.*", label: "Exports" },
];

/** An action, or the beginning of actions, in words. */
export function describeAction(action: string): string {
  const kind = CHANGE_KINDS.find(({ value }) => value === action);
  return kind?.label ?? escapeLine(action);
}

/** Marks the name of a member who was removed. */
export function markLeft(name: string, hasLeft: boolean): string {
  return hasLeft ? `${name} (removed)` : name;
}
