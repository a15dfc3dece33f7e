import type { ExposedTool } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";

/** Every tool of every enabled server, under the names that clients see. */
export function listExposedTools(loaded: LoadedWorkspace): ExposedTool[] {
  const catalogue = loaded.catalogue();
  return loaded.enabledServers.flatMap((server) =>
    catalogue.toolsOf(server).map((tool) => ({
      serverSlug: server.slug,
      serverName: server.name,
      ...tool,
    })),
  );
}
