import type { AccessProposal } from "../workers/contract/api/access-preview.ts";
import type { AccessChange } from "../workers/contract/rpc/access-preview.ts";
import type { ParamHeader } from "../workers/contract/rpc/admission.ts";
import type { ExposedTool, ToolCatalogue } from "../workers/contract/rpc/tool-catalogue.ts";
import type { LoadedWorkspace } from "./admission/loaded-workspace.ts";
import { previewAccess } from "./policy/access-preview.ts";
import { decideToolAccess } from "./policy/tool-access.ts";
import { listExposedTools } from "./tool-catalogue/exposed-tools.ts";

const SHARED_SESSION =
  "The server has one session at a time, so all people share it: what one person does in it, others can see";

/** A server's tools with their exposed names; empty: there is no such server. */
export function findServerTools(
  loaded: LoadedWorkspace,
  serverId: string,
): { exposedName: string; name: string; json: string }[] {
  const server = loaded.config.servers.get(serverId);
  return server ? loaded.catalogue().listTools(server) : [];
}

/** A tool's `x-mcp-header` annotations after a refresh of its server's catalogue; null: none. */
export async function fetchParamHeaders(
  loaded: LoadedWorkspace,
  serverId: string,
  tool: string,
): Promise<ParamHeader[] | null> {
  const server = loaded.config.servers.get(serverId);
  if (!server) return null;
  await loaded.upstreams.refresh(server);
  return loaded.catalogue().toolDetails(server, tool).paramHeaders;
}

/** A server's stored catalogue; null: it was never fetched, or there is no such server. */
export function findServerCatalogue(
  loaded: LoadedWorkspace,
  serverId: string,
): ToolCatalogue | null {
  const server = loaded.config.servers.get(serverId);
  const catalogue = server && loaded.catalogue().findToolCatalogue(server);
  if (!catalogue || !loaded.upstreams.sessions.hasShared(server.id)) return catalogue ?? null;
  return { ...catalogue, warnings: [SHARED_SESSION, ...catalogue.warnings] };
}

/** The tools that a member may call; null: there is no such member. */
export function findMemberTools(loaded: LoadedWorkspace, memberId: string): ExposedTool[] | null {
  const member = loaded.config.members.get(memberId);
  if (!member) return null;
  const access = decideToolAccess(loaded.config.workspace, member);
  return listExposedTools(loaded)
    .filter(({ server, name }) => access.mayCall(server.id, name))
    .map(({ server, ...tool }) => ({
      serverSlug: server.slug,
      serverName: server.name,
      ...tool,
    }));
}

/** The tools that each member would lose and gain by a change of rules or settings. */
export function previewAccessChanges(
  loaded: LoadedWorkspace,
  proposal: AccessProposal,
): AccessChange[] {
  return previewAccess(loaded.config, listExposedTools(loaded), proposal);
}
