import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { AccountLink, RegisteredServer } from "../../workers/contract/rpc/admission.ts";
import { isServed } from "../policy/tool-access.ts";
import { toAccountLink } from "./account-link.ts";
import type { LoadedWorkspace } from "./loaded-workspace.ts";
import { toTokenOwnerId, type TokenOwner } from "./token-owners.ts";

/** The servers that the workspace's registry lists for a token owner: the enabled ones that it is allowed to know. */
export function listRegisteredServers(
  { enabledServers }: LoadedWorkspace,
  { access }: TokenOwner,
): RegisteredServer[] {
  return enabledServers
    .filter(({ id }) => access.mayKnowServer(id))
    .map(({ slug, name, createdAt, changedAt }) => ({
      slug,
      name,
      createdAt,
      changedAt: changedAt ?? createdAt,
    }));
}

/**
 * The first server whose tools are not known because no person has connected an account there, with the link for this
 * token owner. A call of an unknown tool can mean one of its tools. Null: there is none.
 */
export function findUnlistedServer(
  { config, connections, enabledServers, upstreams }: LoadedWorkspace,
  owner: TokenOwner,
): { server: ServerRecord; account: AccountLink } | null {
  const caller = toTokenOwnerId(owner);
  for (const server of enabledServers) {
    if (server.perPerson === null || upstreams.catalogues.has(server.id)) continue;
    if (!isServed(owner.access, server.id) || !owner.access.mayKnowServer(server.id)) continue;
    const account = toAccountLink(config, server, owner);
    if (account && connections.stateOf(server, caller).state !== "connected")
      return { server, account };
  }
  return null;
}
