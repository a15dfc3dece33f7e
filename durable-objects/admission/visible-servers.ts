import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type {
  AccountLink,
  Admission,
  AdmitRequest,
  RefusedReason,
  RegisteredServer,
} from "../../workers/contract/rpc/admission.ts";
import { NO_ACCOUNT } from "../credentials/connection-words.ts";
import { isServed } from "../policy/tool-access.ts";
import type { CallTarget } from "../tool-catalogue/merged-catalogue.ts";
import { Namespaces } from "../tool-catalogue/namespaces.ts";
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

/** What a call of an unknown tool gets while the tools of servers are not known, because no person has connected an account. */
interface UnlistedServer {
  /** The server that the name belongs to by its beginning; null: only its tools can tell. */
  target: CallTarget | null;
  admission: Extract<Admission, { kind: "unroutable" | "refused" }>;
}

/**
 * The admission of a call of an unknown tool that can be one of a server whose tools are not known, because no person has
 * connected an account there: it has the link for this token owner. A name with the beginning of a server's names is that
 * server's. Any other can be one of a server without a prefix, or a mistake. Null: there is no such server, or it is no such
 * call.
 */
export function findUnlistedServer(
  workspace: LoadedWorkspace,
  owner: TokenOwner,
  request: AdmitRequest,
  reason: RefusedReason,
): UnlistedServer | null {
  if (reason !== "unknown_tool") return null;
  const unlisted = listUnlisted(workspace, owner);
  if (unlisted.length === 0) return null;
  const name = request.target ?? "";
  const servers = [...workspace.config.servers.values()];
  const named = servers.map(({ id, slug, prefix }) => ({ serverId: id, slug, prefix }));
  const ownerIds = new Namespaces(named).ownersOf(name);
  const own = unlisted.find(({ server }) => ownerIds.includes(server.id));
  if (own) {
    const { server, account } = own;
    return {
      target: { server, key: name },
      admission: { kind: "unroutable", error: NO_ACCOUNT, serverName: server.name, account },
    };
  }
  if (ownerIds.length > 0) return null;
  const isOneServer = request.server !== undefined;
  const possible = unlisted
    .filter(({ server }) => isOneServer || server.prefix === null)
    .map(({ server, account }) => ({ serverName: server.name, account }));
  if (possible.length === 0) return null;
  return { target: null, admission: { kind: "refused", reason, unlisted: possible } };
}

/** The servers whose tools are not known before a person has connected an account, with where this token owner does so. */
function listUnlisted(
  { config, connections, enabledServers, upstreams }: LoadedWorkspace,
  owner: TokenOwner,
): { server: ServerRecord; account: AccountLink }[] {
  const caller = toTokenOwnerId(owner);
  return enabledServers.flatMap((server) => {
    if (server.perPerson === null || upstreams.catalogues.has(server.id)) return [];
    if (!isServed(owner.access, server.id) || !owner.access.mayKnowServer(server.id)) return [];
    const account = toAccountLink(config, server, owner);
    if (!account || connections.stateOf(server, caller).state === "connected") return [];
    return { server, account };
  });
}
