import type { LegacyLeg } from "../contract/records/workspace.ts";
import type { Detected, UpstreamError, UpstreamErrorCode } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { ERROR, MODERN_VERSION } from "../mcp/protocol.ts";
import { toTaskSupport } from "../mcp/task-support.ts";
import { SseConnection } from "./http-sse.ts";
import {
  sendRequest,
  withTotalTimeout,
  type JsonRpcResult,
  type Peer,
  type UpstreamOptions,
} from "./json-rpc.ts";
import { isSessionTaken } from "./session-loss.ts";
import {
  CATALOGUE_CAPABILITIES,
  closeUpstreamSession,
  openUpstreamSession,
  type UpstreamSession,
} from "./upstream-sessions.ts";

/**
 * The detected transport and era, or why the server cannot be used. `session`: the open session of a legacy server, which
 * the caller keeps or closes; a server that has one session at a time gives no second one.
 */
export type Probed =
  | { ok: true; detected: Detected; session: UpstreamSession | null }
  /** `isTaken`: a legacy server has one session at a time, and another one is open. */
  | { ok: false; error: UpstreamError; isTaken?: boolean };

/**
 * Detects a server's transport and era: tries `server/discover`, then `initialize`, then HTTP+SSE. Whatever is no answer
 * of the modern era leads to `initialize`: real servers answer an unknown method with any status, or not at all. Only a
 * 401 that asks for a bearer token, an address that the gateway does not call, and one that leads back here end the probe
 * at once.
 * @param bothEras also detects whether a modern server supports legacy clients
 */
export function probe(peer: Peer, bothEras: boolean, options: UpstreamOptions): Promise<Probed> {
  return withTotalTimeout(options, (limited) => detect(peer, bothEras, limited));
}

/** The protocol version, statefulness and tasks that a modern server uses with legacy clients; null: it does not support them. */
export async function probeLegacySupport(
  peer: Peer,
  options: UpstreamOptions,
): Promise<LegacyLeg | null> {
  const found = await withTotalTimeout(options, (limited) => findLegacyLeg(peer, limited));
  return found && "ok" in found ? null : found;
}

/** No other request to the server would get another answer. */
const FINAL_ERRORS = new Set<UpstreamErrorCode>(["upstream_forbidden_address", "upstream_loop"]);

async function detect(peer: Peer, bothEras: boolean, options: UpstreamOptions): Promise<Probed> {
  const discovered = await discover(peer, withinConnectBudget(options));
  if (isModern(discovered)) return toModern(peer, bothEras, options);
  if (!discovered.ok && (discovered.isChallenge || FINAL_ERRORS.has(discovered.error.code)))
    return { ok: false, error: discovered.error };

  const opened = await openUpstreamSession(peer, options, {
    capabilities: CATALOGUE_CAPABILITIES,
  });
  if (opened.ok) {
    const { sessionId, protocolVersion } = opened.session;
    return {
      ok: true,
      detected: {
        transport: "streamable-http",
        era: "legacy",
        protocolVersion,
        stateful: sessionId !== null,
        legacy: null,
      },
      session: opened.session,
    };
  }
  if (isSessionTaken(opened)) return { ok: false, error: opened.error, isTaken: true };
  const { status } = opened.error;
  if (status === undefined || status === 401) return { ok: false, error: opened.error };
  const probed = await probeEventStream(peer, options, opened.error);
  const wasSilent = !discovered.ok && discovered.error.code === "upstream_timeout";
  // A modern server that has just started can take longer than the silence that leads to `initialize`.
  const isLate = !probed.ok && wasSilent && isModern(await discover(peer, options));
  return isLate ? toModern(peer, bothEras, options) : probed;
}

async function toModern(peer: Peer, bothEras: boolean, options: UpstreamOptions): Promise<Probed> {
  const legacy = bothEras ? await findLegacyLeg(peer, options) : null;
  const protocol = { transport: "streamable-http", era: "modern", stateful: false } as const;
  const detected = { ...protocol, protocolVersion: MODERN_VERSION, legacy };
  return { ok: true, detected, session: null };
}

function discover(peer: Peer, options: UpstreamOptions): Promise<JsonRpcResult> {
  return sendRequest(
    peer,
    { method: "server/discover", params: {} },
    { era: "modern", protocolVersion: MODERN_VERSION, sessionId: null },
    options,
  );
}

/** A server can be silent on a method that it does not know; the time for `initialize` must remain. */
function withinConnectBudget(options: UpstreamOptions): UpstreamOptions {
  const ms = Math.min(options.budgets.connectMs, options.budgets.firstByteMs);
  return {
    ...options,
    budgets: { ...options.budgets, firstByteMs: ms, idleMs: ms, totalMs: ms },
  };
}

async function probeEventStream(
  peer: Peer,
  options: UpstreamOptions,
  initializeError: UpstreamError,
): Promise<Probed> {
  const opened = await SseConnection.open(peer, options);
  if (!opened.ok)
    return {
      ok: false,
      error: opened.error.status === 401 ? opened.error : initializeError,
    };
  const initialized = await opened.connection.initialize({ capabilities: CATALOGUE_CAPABILITIES });
  opened.connection.close();
  if (!initialized.ok) return { ok: false, error: initialized.error };
  const { protocolVersion } = initialized.session;
  return {
    ok: true,
    detected: { transport: "sse", era: "legacy", protocolVersion, stateful: false, legacy: null },
    session: null,
  };
}

async function findLegacyLeg(peer: Peer, options: UpstreamOptions): Promise<LegacyLeg | null> {
  const opened = await openUpstreamSession(peer, options);
  if (!opened.ok) return null;
  await closeUpstreamSession(peer, opened.session, options);
  const { protocolVersion, sessionId, capabilities } = opened.session;
  return { protocolVersion, stateful: sessionId !== null, tasks: toTaskSupport(capabilities) };
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
