import type { Budgets } from "../../workers/contract/limits.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { Detected, UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { Peer, UpstreamOptions } from "../../workers/upstream/json-rpc.ts";

/** The headers for a request to a server, credentials included; `credentials`: the names of the secret ones. */
export type HeadersResult =
  | { ok: true; headers: Record<string, string>; credentials: string[] }
  | { ok: false; error: UpstreamError };

/** What the requests to servers need. */
export interface UpstreamDependencies {
  budgets: Budgets;
  optionsFor(server: ServerRecord): UpstreamOptions;
  headersOf(server: ServerRecord): Promise<HeadersResult>;
  /** Called with the result of each probe. */
  onDetected(server: ServerRecord, detected: Detected): Promise<void>;
}

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
