import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";

/** A server's tool; `name` and `json` are the server's own. */
interface ToolOfServer {
  server: ServerRecord;
  exposedName: string;
  name: string;
  json: string;
}

/** Every tool of every enabled server, with its exposed name. */
export function listExposedTools(loaded: LoadedWorkspace): ToolOfServer[] {
  const catalogue = loaded.catalogue();
  return loaded.enabledServers.flatMap((server) =>
    catalogue.listTools(server).map((tool) => ({ server, ...tool })),
  );
}
