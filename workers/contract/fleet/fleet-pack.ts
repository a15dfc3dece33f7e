import type { FleetPack } from "../api/fleet-pack.ts";
import { toTokenVariable } from "../connection-name.ts";
import { toClaudeCode } from "./claude-code.ts";
import { toCodex } from "./codex.ts";
import { toCopilot, toVsCode } from "./copilot.ts";
import { toFleetServers, type FleetWorkspace } from "./fleet-servers.ts";

/**
 * The managed settings by which clients start the servers of a workspace and no others. No file contains a secret. Throws
 * a `TypeError` for an origin that is none (`toFleetServers`).
 */
export async function makeFleetPack(workspace: FleetWorkspace): Promise<FleetPack> {
  const { slug, origin } = workspace;
  const servers = toFleetServers(workspace);
  return {
    servers,
    clients: await Promise.all([
      toClaudeCode(slug, servers, toTokenVariable(slug)),
      toCopilot(slug, servers),
      toVsCode(slug, origin),
      toCodex(slug, servers),
    ]),
  };
}
