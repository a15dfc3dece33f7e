import type { AccountLink } from "../contract/rpc/admission.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import type { EntryContext } from "./context.ts";

/** The key of the request to connect an account in an `input_required` result that the gateway itself sends. */
export const CONNECT_ACCOUNT_KEY = "mcpnest-connect-account";

/**
 * The page of the dashboard on which a person connects an account. It names the server and holds no secret: the session of the
 * dashboard decides whose account is connected.
 */
export function toAccountPage(
  { request, slug }: Pick<EntryContext, "request" | "slug">,
  { server, agent }: AccountLink,
): string {
  const query = new URLSearchParams({ server, ...(agent ? { agent: agent.id } : {}) });
  return `${toOrigin(request)}/w/${slug}/accounts?${query.toString()}`;
}

/** What a person has to do before a call, without the address. */
export function toAccountRequest({ kind, agent }: AccountLink, serverName: string): string {
  const does = kind === "key" ? "enter a key" : "connect an account";
  if (agent)
    return `The server "${serverName}" is used with an account for each person and agent. ${agent.owner}, who is responsible for the agent "${agent.name}", has to ${does} for it`;
  return kind === "key"
    ? `The server "${serverName}" is used with your own key. Enter it in the dashboard, then call again`
    : `The server "${serverName}" is used with your own account. Connect it in the dashboard, then call again`;
}

/** Why an account that was connected has to be connected again, before the request for it; undefined: it never was. */
export function toCause(cause: string | undefined): string {
  return cause === undefined ? "" : `${cause}. `;
}

/** As `toAccountRequest`, with the address, for a model. */
export function toAccountText(
  context: Pick<EntryContext, "request" | "slug">,
  account: AccountLink,
  serverName: string,
): string {
  return `${toAccountRequest(account, serverName)}: ${toAccountPage(context, account)}`;
}
