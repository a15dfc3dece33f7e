import type { LoadedWorkspace } from "./loaded-workspace.ts";

/** A tool as its server describes it; `json` is the server's own text. */
export interface OfferedTool {
  serverSlug: string;
  serverName: string;
  exposedName: string;
  name: string;
  json: string;
}

/** Every tool of every enabled server, under the names that clients see. */
export function listOfferedTools(loaded: LoadedWorkspace): OfferedTool[] {
  const catalogue = loaded.catalogue();
  return loaded.enabledServers.flatMap((server) =>
    catalogue.toolsOf(server).map((tool) => ({
      serverSlug: server.slug,
      serverName: server.name,
      ...tool,
    })),
  );
}
