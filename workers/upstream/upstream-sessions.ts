import type { AcceptedCapabilities } from "../contract/records/workspace.ts";
import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import type { ToolCatalogue } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { discardBody, guardedFetch } from "./guarded-fetch.ts";
import { initialize, type Handshake, type Offer } from "./handshake.ts";
import {
  postMessage,
  sendRequest,
  type JsonRpcResult,
  type Peer,
  type UpstreamOptions,
} from "./json-rpc.ts";
import { readLeadsTo } from "./via.ts";

/** A legacy server's result of `initialize`. */
export interface UpstreamSession extends Pick<ToolCatalogue, "leadsTo"> {
  /** Null: the server has no sessions. */
  sessionId: string | null;
  protocolVersion: string;
  /** How much of the client's capabilities the server accepted. */
  accepted: AcceptedCapabilities;
  capabilities: Record<string, unknown>;
  instructions: string | null;
  serverInfo: { name: string; version: string };
}

/**
 * Legacy servers can show some tools only to clients with these capabilities, and the catalogue is for all clients.
 * Roots are left out: servers request them as soon as a client declares them.
 */
export const CATALOGUE_CAPABILITIES: ClientCapabilities = {
  elicitation: { form: {}, url: {} },
  sampling: {},
};

/** A session after its handshake, or why there is none. */
export type OpenedUpstreamSession =
  | { ok: true; session: UpstreamSession }
  | Extract<JsonRpcResult, { ok: false }>;

/** The notification that completes the handshake, as JSON text. */
export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/** The legacy handshake over Streamable HTTP: `initialize`, then `notifications/initialized`. */
export async function openUpstreamSession(
  peer: Peer,
  options: UpstreamOptions,
  offer: Offer = {},
): Promise<OpenedUpstreamSession> {
  const state = { era: "legacy", protocolVersion: null, sessionId: null } as const;
  const opened = toUpstreamSession(
    await initialize(
      (params) => sendRequest(peer, { method: "initialize", params }, state, options),
      offer,
    ),
  );
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
  const unstopped = { ...options, signal: undefined };
  const init = { method: "DELETE", headers } as const;
  const sent = await guardedFetch(peer.url, init, unstopped, options.budgets.connectMs);
  if (sent.ok) await discardBody(sent.response);
}

/** The session that a handshake has opened. */
export function toUpstreamSession(handshake: Handshake): OpenedUpstreamSession {
  if (!handshake.ok) return handshake;
  const { initialized, protocolVersion, accepted } = handshake;
  const { capabilities, instructions, serverInfo } = initialized.result;
  return {
    ok: true,
    session: {
      sessionId: initialized.response.headers.get("mcp-session-id"),
      protocolVersion,
      accepted,
      capabilities: isObject(capabilities) ? capabilities : {},
      instructions: typeof instructions === "string" ? instructions : null,
      serverInfo: toServerInfo(serverInfo),
      ...readLeadsTo(initialized.response),
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
