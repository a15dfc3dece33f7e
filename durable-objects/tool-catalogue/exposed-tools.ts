import type { Contract } from "../../workers/contract/records/contract.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { findHold } from "../policy/definition-hold.ts";
import { findExposedName } from "./catalogue-names.ts";
import { NO_NAMES } from "./name-owners.ts";

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

/** As `listExposedTools`, without those of which no call is sent. */
export function listCallableTools(loaded: LoadedWorkspace): ToolOfServer[] {
  const { served } = loaded.upstreams;
  return listExposedTools(loaded).filter(
    ({ server, name }) => findHold(served.find(server.id), "tool", name) === null,
  );
}

/**
 * As `listCallableTools`, for servers as they would be, by what each shows now. What a server shows that was not there, or was
 * disabled, is not known. `contracts`: by digest.
 */
export function previewCallableTools(
  loaded: LoadedWorkspace,
  servers: ServerRecord[],
  contracts: ReadonlyMap<string, Contract>,
): ToolOfServer[] {
  const view = loaded.upstreams.served.preview(servers, contracts);
  const names = loaded.previewNames(servers, NO_NAMES, view);
  return servers.flatMap((server) => {
    if (!server.enabled) return [];
    const served = view.find(server.id);
    const tools = served?.catalogue.tools ?? [];
    return tools.flatMap(({ key, json }) => {
      if (findHold(served, "tool", key) !== null) return [];
      const exposedName = findExposedName(names, "tools", server.id, key) ?? "";
      return [{ server, exposedName, name: key, json }];
    });
  });
}
