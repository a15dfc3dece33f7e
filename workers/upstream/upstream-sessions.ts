import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { LATEST_LEGACY_VERSION, LEGACY_VERSIONS } from "../mcp/protocol.ts";
import { discardBody, guardedFetch } from "./guarded-fetch.ts";
import {
  CLIENT_INFO,
  postMessage,
  sendRequest,
  type JsonRpcResult,
  type Peer,
  type UpstreamOptions,
} from "./json-rpc.ts";
import { badResponse } from "./upstream-errors.ts";

/** A legacy server's result of `initialize`. */
export interface UpstreamSession {
  /** Null: the server has no sessions. */
  sessionId: string | null;
  protocolVersion: string;
  capabilities: Record<string, unknown>;
  instructions: string | null;
  serverInfo: { name: string; version: string };
}

/** A session after its handshake, or why there is none. */
export type OpenedUpstreamSession =
  | { ok: true; session: UpstreamSession }
  | {
      ok: false;
      error: UpstreamError;
      rpcError?: { code: number; message: string; data: unknown };
    };

/** Params of `initialize`. They declare what the client supports, so that a server sends no request that stays without a response. */
export function initializeParams(clientCapabilities: ClientCapabilities) {
  return {
    protocolVersion: LATEST_LEGACY_VERSION,
    capabilities: clientCapabilities,
    clientInfo: CLIENT_INFO,
  };
}

/** The notification that completes the handshake, as JSON text. */
export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/** The legacy handshake over Streamable HTTP: `initialize`, then `notifications/initialized`. */
export async function openUpstreamSession(
  peer: Peer,
  options: UpstreamOptions,
  clientCapabilities: ClientCapabilities = {},
): Promise<OpenedUpstreamSession> {
  const initialized = await sendRequest(
    peer,
    { method: "initialize", params: initializeParams(clientCapabilities) },
    { era: "legacy", protocolVersion: null, sessionId: null },
    options,
  );
  const opened = toUpstreamSession(initialized);
  if (!opened.ok) return opened;
  const { sessionId, protocolVersion } = opened.session;
  await postMessage({ ...peer, protocolVersion }, INITIALIZED, sessionId, options);
  return opened;
}

/** Ends a session (DELETE, 2025-11-25). Servers that do not support that keep it; a failure is not reported. */
export async function closeUpstreamSession(
  peer: Peer,
  session: Pick<UpstreamSession, "sessionId" | "protocolVersion">,
  options: UpstreamOptions,
): Promise<void> {
  if (session.sessionId === null) return;
  const headers = {
    ...peer.headers,
    "mcp-session-id": session.sessionId,
    "mcp-protocol-version": session.protocolVersion,
  };
  // Without the signal of `options`: the session must also end when the work in it was aborted.
  const { allowPrivate, network, budgets } = options;
  const init = { method: "DELETE", headers } as const;
  const sent = await guardedFetch(peer.url, init, { allowPrivate, network }, budgets.connectMs);
  if (sent.ok) await discardBody(sent.response);
}

/** The session of a result of `initialize`. Refuses a protocol version that the gateway does not know. */
export function toUpstreamSession(initialized: JsonRpcResult): OpenedUpstreamSession {
  if (!initialized.ok) return initialized;
  const { protocolVersion, capabilities, instructions, serverInfo } = initialized.result;
  const version = LEGACY_VERSIONS.find((known) => known === protocolVersion);
  if (!version)
    return {
      ok: false,
      error: badResponse("The server supports none of the known protocol versions"),
    };
  return {
    ok: true,
    session: {
      sessionId: initialized.response.headers.get("mcp-session-id"),
      protocolVersion: version,
      capabilities: isObject(capabilities) ? capabilities : {},
      instructions: typeof instructions === "string" ? instructions : null,
      serverInfo: toServerInfo(serverInfo),
    },
  };
}

/** A server's name and version; `unknown` and an empty version if it states none. */
export function toServerInfo(info: unknown): { name: string; version: string } {
  const { name, version } = isObject(info) ? info : {};
  return {
    name: typeof name === "string" ? name : "unknown",
    version: typeof version === "string" ? version : "",
  };
}
