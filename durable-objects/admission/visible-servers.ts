import type {
  Admission,
  AdmitRequest,
  RefusedReason,
  RegisteredServer,
} from "../../workers/contract/rpc/admission.ts";
import { NO_ACCOUNT } from "../credentials/connection-words.ts";
import { isServed } from "../policy/tool-access.ts";
import type { CallTarget } from "../tool-catalogue/merged-catalogue.ts";
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
 * The admission of a call of an unknown tool that can be one of a server whose tools are not known, because no person has
 * connected an account there: it has the link for this token owner. Null: there is no such server, or it is no such call.
 */
export function findUnlistedServer(
  { config, connections, enabledServers, upstreams }: LoadedWorkspace,
  owner: TokenOwner,
  { target }: AdmitRequest,
  reason: RefusedReason,
): { target: CallTarget; admission: Extract<Admission, { kind: "unroutable" }> } | null {
  if (reason !== "unknown_tool") return null;
  const caller = toTokenOwnerId(owner);
  for (const server of enabledServers) {
    if (server.perPerson === null || upstreams.catalogues.has(server.id)) continue;
    if (!isServed(owner.access, server.id) || !owner.access.mayKnowServer(server.id)) continue;
    const account = toAccountLink(config, server, owner);
    if (!account || connections.stateOf(server, caller).state === "connected") continue;
    return {
      target: { server, key: target ?? "" },
      admission: { kind: "unroutable", error: NO_ACCOUNT, serverName: server.name, account },
    };
  }
  return null;
}
