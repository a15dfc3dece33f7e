import type { Budgets } from "../../workers/contract/limits.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { Detected, UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { Peer, UpstreamOptions } from "../../workers/upstream/json-rpc.ts";

/**
 * The headers for a request to a server, credentials included; `credentials`: the names of the secret ones. `tokenVersion`: of
 * the access token among them; absent: the gateway has not signed in there.
 */
export type HeadersResult =
  | { ok: true; headers: Record<string, string>; credentials: string[]; tokenVersion?: number }
  | { ok: false; error: UpstreamError };

/** The headers for a request that is sent. */
export type SentHeaders = Extract<HeadersResult, { ok: true }>;

/** What the requests to servers need. */
export interface UpstreamDependencies {
  budgets: Budgets;
  optionsFor(server: ServerRecord): UpstreamOptions;
  headersOf(server: ServerRecord): Promise<HeadersResult>;
  /** What a server's 401, or 403 to an access token, means; `again`: the request can be sent again, with another access token. */
  explainRefusal(
    server: ServerRecord,
    tokenVersion: number | undefined,
    error: UpstreamError,
  ): Promise<UpstreamError | "again">;
  /** Called when a check has succeeded. */
  onAccepted(server: ServerRecord): void;
  /** The policy and contract of a server; undefined: it is gone. */
  termsOf(serverId: string): Pick<ServerRecord, "changePolicy" | "contractDigest"> | undefined;
  /** Called when a server's lists were read. */
  onObserved(server: ServerRecord): Promise<void>;
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
export function toPeer({ url }: ServerRecord, { headers, credentials }: SentHeaders): Peer {
  return { url, headers, credentials };
}
