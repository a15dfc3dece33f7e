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

/** What can be done about an account that lacks permission, with the address. `canGrant`: whether another sign-in asks for more. */
export function toScopeText(
  context: Pick<EntryContext, "request" | "slug">,
  account: AccountLink,
  canGrant: boolean,
): string {
  const { agent } = account;
  const page = toAccountPage(context, account);
  if (!canGrant)
    return `Another sign-in does not help: the account must get this right at the provider. ${page} has the details`;
  return agent
    ? `${agent.owner}, who is responsible for the agent "${agent.name}", has to connect it again to grant that: ${page}`
    : `Connect it again in the dashboard to grant that, then call again: ${page}`;
}

/**
 * What a call of an unknown tool can be about: servers whose tools are not known before the person connects an account. Empty:
 * there are none.
 */
export function toUnlistedText(
  context: Pick<EntryContext, "request" | "slug">,
  unlisted: { serverName: string; account: AccountLink }[],
): string {
  const [first, ...others] = unlisted;
  if (!first) return "";
  if (others.length === 0) {
    const { serverName, account } = first;
    return `. It may be a tool of the server "${serverName}", whose tools are not known yet. ${toAccountText(context, account, serverName)}`;
  }
  const names = unlisted.map(({ serverName }) => `"${serverName}"`).join(", ");
  const page = `${toOrigin(context.request)}/w/${context.slug}/accounts`;
  return `. It may be a tool of one of the servers ${names}, whose tools are not known before an account is connected: ${page}`;
}
