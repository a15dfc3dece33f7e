import type { LegacyLeg } from "../contract/records/workspace.ts";
import type { Detected, UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { ERROR, MODERN_VERSION } from "../mcp/protocol.ts";
import { SseConnection } from "./http-sse.ts";
import {
  sendRequest,
  withTotalTimeout,
  type JsonRpcResult,
  type Peer,
  type UpstreamOptions,
} from "./json-rpc.ts";
import { closeUpstreamSession, openUpstreamSession } from "./upstream-sessions.ts";

/** The detected transport and era, or why the server cannot be used. */
export type Probed = { ok: true; detected: Detected } | { ok: false; error: UpstreamError };

/**
 * Detects a server's transport and era: tries `server/discover`, then `initialize`, then HTTP+SSE. A refused credential,
 * a server error, a timeout or a failed connection says nothing about the era and is returned unchanged.
 * @param bothEras also detects whether a modern server supports legacy clients
 */
export function probe(peer: Peer, bothEras: boolean, options: UpstreamOptions): Promise<Probed> {
  return withTotalTimeout(options, (limited) => detect(peer, bothEras, limited));
}

/** The protocol version and statefulness that a modern server uses with legacy clients; null: it does not support them. */
export async function probeLegacySupport(
  peer: Peer,
  options: UpstreamOptions,
): Promise<LegacyLeg | null> {
  const found = await withTotalTimeout(options, (limited) => findLegacyLeg(peer, limited));
  return found && "ok" in found ? null : found;
}

async function detect(peer: Peer, bothEras: boolean, options: UpstreamOptions): Promise<Probed> {
  const discovered = await sendRequest(
    peer,
    { method: "server/discover", params: {} },
    { era: "modern", protocolVersion: MODERN_VERSION, sessionId: null },
    options,
  );
  if (isModern(discovered)) {
    return {
      ok: true,
      detected: {
        transport: "streamable-http",
        era: "modern",
        protocolVersion: MODERN_VERSION,
        stateful: false,
        legacy: bothEras ? await findLegacyLeg(peer, options) : null,
      },
    };
  }
  if (!discovered.ok && saysNothingOfEra(discovered.error))
    return { ok: false, error: discovered.error };

  const opened = await openUpstreamSession(peer, options);
  if (opened.ok) {
    const { sessionId, protocolVersion } = opened.session;
    await closeUpstreamSession(peer, opened.session, options);
    return {
      ok: true,
      detected: {
        transport: "streamable-http",
        era: "legacy",
        protocolVersion,
        stateful: sessionId !== null,
        legacy: null,
      },
    };
  }
  if (![400, 404, 405].includes(opened.error.status ?? 0))
    return { ok: false, error: opened.error };
  return probeEventStream(peer, options, opened.error);
}

async function probeEventStream(
  peer: Peer,
  options: UpstreamOptions,
  initializeError: UpstreamError,
): Promise<Probed> {
  const opened = await SseConnection.open(peer, options);
  if (!opened.ok)
    return { ok: false, error: saysNothingOfEra(opened.error) ? opened.error : initializeError };
  const initialized = await opened.connection.initialize();
  opened.connection.close();
  if (!initialized.ok) return { ok: false, error: initialized.error };
  const { protocolVersion } = initialized.session;
  return {
    ok: true,
    detected: { transport: "sse", era: "legacy", protocolVersion, stateful: false, legacy: null },
  };
}

async function findLegacyLeg(peer: Peer, options: UpstreamOptions): Promise<LegacyLeg | null> {
  const opened = await openUpstreamSession(peer, options);
  if (!opened.ok) return null;
  await closeUpstreamSession(peer, opened.session, options);
  const { protocolVersion, sessionId } = opened.session;
  return { protocolVersion, stateful: sessionId !== null };
}

function isModern(discovered: JsonRpcResult): boolean {
  if (discovered.ok) return includesModern(discovered.result["supportedVersions"]);
  if (discovered.rpcError?.code !== ERROR.unsupportedVersion) return false;
  const { data } = discovered.rpcError;
  return isObject(data) && includesModern(data["supported"]);
}

function includesModern(versions: unknown): boolean {
  return Array.isArray(versions) && versions.includes(MODERN_VERSION);
}

function saysNothingOfEra(error: UpstreamError): boolean {
  if (error.status !== undefined && error.status < 500)
    return error.status === 401 || error.status === 403;
  return error.code !== "upstream_bad_response";
}
