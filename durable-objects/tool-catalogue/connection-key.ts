import type { ServerRecord } from "../../workers/contract/records/workspace.ts";

/** How a server is reached, as text: a connection that was opened under another key is outdated. */
export function toConnectionKey(server: ServerRecord): string {
  const { url, headers, credentials, transport, era, protocolVersion } = server;
  return JSON.stringify([url, headers, credentials, transport, era, protocolVersion]);
}
