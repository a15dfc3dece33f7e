import type { ExposedTool } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";

/** Every tool of every enabled server, with its exposed name. */
export function listExposedTools(loaded: LoadedWorkspace): ExposedTool[] {
  const catalogue = loaded.catalogue();
  return loaded.enabledServers.flatMap((server) =>
    catalogue.listTools(server).map((tool) => ({
      serverSlug: server.slug,
      serverName: server.name,
      ...tool,
    })),
  );
}
