import type { ServerHealth } from "../../workers/contract/rpc/admission.ts";
import type { ToolAccess } from "../policy/tool-access.ts";
import { toHealth } from "../tool-catalogue/server-health.ts";
import type { LoadedWorkspace } from "./loaded-workspace.ts";

/** The state of the servers of which `access` allows something, with the number of the tools that it allows. */
export function listHealth(loaded: LoadedWorkspace, access: ToolAccess): ServerHealth[] {
  const { catalogues, checks, circuits } = loaded.upstreams;
  return [...loaded.config.servers.values()]
    .filter(({ id }) => access.mayKnowServer(id))
    .toSorted((a, b) => a.position - b.position)
    .map((server) => {
      const catalogue = catalogues.get(server.id);
      const tools = catalogue?.tools.filter(({ key }) => access.mayCall(server.id, key)) ?? [];
      const health = toHealth(
        server,
        catalogue,
        checks.get(server.id),
        circuits.retryAt(server.slug),
      );
      return { ...health, tools: tools.length };
    });
}
