import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { Detected } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { Peer } from "../../workers/upstream/json-rpc.ts";
import type { HeadersResult } from "./upstreams.ts";

/** What identifies the gateway to a server. */
export function toIdentity(server: ServerRecord | null | undefined): string {
  return JSON.stringify([server?.headers, server?.credentials]);
}

/** The stored probe result; null: the server was never probed. */
export function toDetection(server: ServerRecord): Detected | null {
  const { transport, era, protocolVersion, stateful, legacy } = server;
  if (!transport || !era || !protocolVersion) return null;
  return { transport, era, protocolVersion, stateful, legacy };
}

/** The server with the headers to send. */
export function toPeer(
  { url }: ServerRecord,
  { headers, credentials }: Extract<HeadersResult, { ok: true }>,
): Peer {
  return { url, headers, credentials };
}
