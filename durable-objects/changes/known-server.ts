import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import { refuse } from "./change-decision.ts";

/** Returns the server with a short name; undefined: the workspace has none. */
export function findServer(config: WorkspaceConfig, slug: string): ServerRecord | undefined {
  return [...config.servers.values()].find((server) => server.slug === slug);
}

/** The refusal of a change to a server that is not there. */
export function refuseUnknownServer() {
  return refuse("not_found", "There is no such server in this workspace.");
}
