import type { AccessProposal } from "../workers/contract/api/access-preview.ts";
import type { NamedTool } from "../workers/contract/api/resources.ts";
import type { ConnectionState, WantedScopes } from "../workers/contract/records/connection.ts";
import type { AccessChange } from "../workers/contract/rpc/access-preview.ts";
import type {
  ParamHeader,
  ServerHealth,
  TokenConnection,
} from "../workers/contract/rpc/admission.ts";
import type {
  ExposedTool,
  ListedTool,
  ToolCatalogue,
} from "../workers/contract/rpc/tool-catalogue.ts";
import type { WorkspaceRpc } from "../workers/contract/rpc/workspace-rpc.ts";
import { listHealth } from "./admission/list-health.ts";
import type { LoadedWorkspace } from "./admission/loaded-workspace.ts";
import { listAccountStates } from "./credentials/accounts.ts";
import { GATEWAY } from "./credentials/connection-index.ts";
import { findCredentialNotices } from "./credentials/credential-notices.ts";
import { previewAccess } from "./policy/access-preview.ts";
import { countUsers } from "./policy/server-users.ts";
import { FULL_ACCESS, type ToolAccess } from "./policy/tool-access.ts";
import { listExposedTools } from "./tool-catalogue/exposed-tools.ts";

const SHARED_SESSION =
  "The server has one session at a time, so all people share it: what one person does in it, others can see";

function describeFlood(pausedUntil: number): string {
  const at = `${new Date(pausedUntil).toISOString().slice(11, 16)} UTC`;
  return `The server sent more change notifications than the gateway reads (about 1,000 in a minute), so the gateway does not listen to it until ${at} and fetches its lists with the periodic checks instead. Check the server to listen to it at once`;
}

/** What a user may use as a member; null: the user is none. */
function findViewerAccess({ config, policy }: LoadedWorkspace, viewer: string): ToolAccess | null {
  const member = [...config.members.values()].find(({ userId }) => userId === viewer);
  return member ? policy.accessOf(member, Date.now()) : null;
}

/** Renews a lease. While the workspace cannot be loaded it counts as renewed: a call does not end because of that. */
export function renewLease<T extends "callLeases" | "httpSseLeases">(
  loaded: LoadedWorkspace | "unknown" | "unavailable",
  kind: T,
  lease: Parameters<LoadedWorkspace[T]["renew"]>[0],
): boolean {
  if (typeof loaded === "string") return loaded === "unavailable";
  const leases: { renew(of: typeof lease, now: number): boolean } = loaded[kind];
  return leases.renew(lease, Date.now());
}

/** The state of the sign-in at a server; null: there is no such server. */
export function findConnection(
  loaded: LoadedWorkspace | null,
  serverId: string,
  caller = GATEWAY,
): ConnectionState | null {
  const server = loaded?.config.servers.get(serverId);
  if (!loaded || !server) return null;
  const state = loaded.connections.stateOf(server, caller);
  if (caller !== GATEWAY) return state;
  const { error = null, checkedAt = null } = loaded.upstreams.checks.get(serverId) ?? {};
  if (state.connection || error?.code !== "needs_sign_in") return state;
  const { message, issuer = null } = error;
  return { ...state, state: "needs_sign_in", message, since: checkedAt, issuer };
}

/** Records that a server has refused a call for scopes; null: the gateway has not signed in there. */
export function reportMissingScopes(
  loaded: LoadedWorkspace | null,
  serverId: string,
  scopes: string[],
  caller = GATEWAY,
): WantedScopes | null {
  const server = loaded?.config.servers.get(serverId);
  return loaded && server ? loaded.connections.handleMissingScopes(server, caller, scopes) : null;
}

/** See `WorkspaceRpc.saveSession`. Where each person has an account, sessions are not shared. */
export function chooseSession(
  loaded: LoadedWorkspace | null,
  ...[serverId, sessionOwner, sessionId, replaces]: Parameters<WorkspaceRpc["saveSession"]>
): string | null {
  const server = loaded?.config.servers.get(serverId);
  if (!loaded || !server || (sessionId === null && server.perPerson !== null)) return sessionId;
  return loaded.upstreams.sessions.choose(serverId, sessionOwner, sessionId, replaces);
}

/**
 * A server's tools with their exposed names; empty: there is no such server. With `viewer`, a user's id, those that the
 * user may call as a member; without, with the number of members who may call each.
 */
export function findServerTools(
  loaded: LoadedWorkspace | null,
  serverId: string,
  viewer: string | null,
): ListedTool[] {
  const server = loaded?.config.servers.get(serverId);
  if (!loaded || !server) return [];
  const newTools = loaded.upstreams.loadNewTools(server.id);
  const tools = loaded
    .catalogue()
    .listTools(server)
    .map((tool) => ({ ...tool, firstListedAt: newTools.get(tool.name) ?? null }));
  if (viewer !== null) {
    const access = findViewerAccess(loaded, viewer);
    return tools.filter(({ name }) => access?.mayCall(server.id, name));
  }
  const accesses = [...loaded.config.members.values()]
    .filter(({ suspendedAt }) => suspendedAt === null)
    .map((member) => loaded.policy.accessOf(member, Date.now()));
  return tools.map((tool) => ({
    ...tool,
    allowedMembers: accesses.filter((access) => access.mayCall(server.id, tool.name)).length,
  }));
}

/** The names of the tools of all servers, by position of the server. */
export function findToolNames(loaded: LoadedWorkspace | null): NamedTool[] {
  if (!loaded) return [];
  const servers = [...loaded.config.servers.values()].toSorted((a, b) => a.position - b.position);
  return servers.flatMap((server) =>
    loaded
      .catalogue()
      .listTools(server)
      .map(({ name, exposedName }) => ({
        serverSlug: server.slug,
        name,
        exposedName,
        toolClass: loaded.policy.classOf(server.id, name),
      })),
  );
}

/** A tool's `x-mcp-header` annotations after a refresh of its server's catalogue, if none was a moment ago; null: none. */
export async function fetchParamHeaders(
  loaded: LoadedWorkspace | null,
  serverId: string,
  tool: string,
): Promise<ParamHeader[] | null> {
  const server = loaded?.config.servers.get(serverId);
  if (!loaded || !server) return null;
  await loaded.upstreams.refreshRarely(server, Date.now());
  return loaded.catalogue().toolDetails(server, tool).paramHeaders;
}

/**
 * A server's stored catalogue; null: it was never fetched, or there is no such server. With `viewer`, a user's id, without
 * its tools, and null unless the user has the right to the whole server as a member.
 */
export function findServerCatalogue(
  loaded: LoadedWorkspace | null,
  serverId: string,
  viewer: string | null,
): ToolCatalogue | null {
  const server = loaded?.config.servers.get(serverId);
  if (!loaded || !server) return null;
  if (viewer !== null && !findViewerAccess(loaded, viewer)?.mayUseServer(serverId)) return null;
  const found = loaded.catalogue().findToolCatalogue(server, [...loaded.config.servers.values()]);
  if (!found) return null;
  const catalogue = viewer === null ? found : { ...found, tools: [] };
  const { sessions, flooded } = loaded.upstreams;
  const pausedUntil = flooded.pausedUntil(server.id, Date.now());
  const warnings = [
    ...(pausedUntil === null ? [] : [describeFlood(pausedUntil)]),
    ...(sessions.hasShared(server.id) ? [SHARED_SESSION] : []),
  ];
  return warnings.length === 0
    ? catalogue
    : { ...catalogue, warnings: [...warnings, ...catalogue.warnings] };
}

/** The tools that a member may call; null: there is no such member. */
export function findMemberTools(
  loaded: LoadedWorkspace | null,
  memberId: string,
): ExposedTool[] | null {
  const member = loaded?.config.members.get(memberId);
  if (!loaded || !member) return null;
  const access = loaded.policy.accessOf(member, Date.now());
  return listExposedTools(loaded)
    .filter(({ server, name }) => access.mayCall(server.id, name))
    .map(({ server, ...tool }) => ({
      serverSlug: server.slug,
      serverName: server.name,
      ...tool,
    }));
}

/** What clients have done with a token of a member; null: the member has no such token. */
export function findTokenConnection(
  loaded: LoadedWorkspace | null,
  memberId: string,
  tokenId: string,
): TokenConnection | null {
  const token = loaded?.config.tokens.get(tokenId);
  return loaded && token?.memberId === memberId ? loaded.tokenConnections.find(token.digest) : null;
}

function listHealthWithNotices(loaded: LoadedWorkspace, now: number): ServerHealth[] {
  const servers = new Map(
    [...loaded.config.servers.values()].map((server) => [server.slug, server]),
  );
  return listHealth(loaded, FULL_ACCESS).map((health) => {
    const server = servers.get(health.slug);
    const state = server && findConnection(loaded, server.id);
    if (!server || !state) return { ...health, credentials: [] };
    const accounts = listAccountStates(loaded, server);
    const found = findCredentialNotices(server, state, accounts, now);
    const credentials = found.map(({ among, ...notice }) => ({
      ...notice,
      ...countUsers(loaded, server.id, now, among),
    }));
    return { ...health, credentials };
  });
}

/** The state of all servers, or of those that a user is allowed to know as a member. `viewer`: the user; null: all. */
export function findServerHealth(
  loaded: LoadedWorkspace | null,
  viewer: string | null,
): ServerHealth[] {
  if (!loaded) return [];
  if (viewer === null) return listHealthWithNotices(loaded, Date.now());
  const access = findViewerAccess(loaded, viewer);
  return access ? listHealth(loaded, access) : [];
}

/** The tools that each member would lose and gain by a change of rules or settings. */
export function previewAccessChanges(
  loaded: LoadedWorkspace | null,
  proposal: AccessProposal,
): AccessChange[] {
  if (!loaded) return [];
  return previewAccess(loaded.config, listExposedTools(loaded), proposal);
}
