import type { ClientInfo } from "../../workers/contract/records/stop.ts";
import type { BlockedClient } from "../../workers/contract/records/workspace.ts";

/** Whether a client is blocked by the name and version that it gives itself. One without a name is not. */
export function isBlocked(blocked: BlockedClient[], { name, version }: ClientInfo): boolean {
  if (blocked.length === 0 || name === null) return false;
  const lowerName = name.toLowerCase();
  return blocked.some(
    (client) =>
      client.name.toLowerCase() === lowerName &&
      (client.versionPrefix === null || version?.startsWith(client.versionPrefix)),
  );
}
