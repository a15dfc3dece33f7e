import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import type { UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { LATEST_LEGACY_VERSION, LEGACY_VERSIONS } from "../mcp/protocol.ts";
import { badResponse, guardedFetch } from "./guarded-fetch.ts";
import {
  CLIENT_INFO,
  postMessage,
  sendRequest,
  type JsonRpcResult,
  type Peer,
  type UpstreamOptions,
} from "./json-rpc.ts";

/** What a legacy server said at `initialize`. */
export interface UpstreamSession {
  /** Null: the server keeps no sessions. */
  sessionId: string | null;
  protocolVersion: string;
  capabilities: Record<string, unknown>;
  instructions: string | null;
  serverInfo: { name: string; version: string };
}

export type OpenedUpstreamSession =
  | { ok: true; session: UpstreamSession }
  | {
      ok: false;
      error: UpstreamError;
      rpcError?: { code: number; message: string; data: unknown };
    };

/** What is declared is what the client can be asked, so that servers do without other questions instead of waiting for answers. */
export function initializeParams(clientCapabilities: ClientCapabilities) {
  return {
    protocolVersion: LATEST_LEGACY_VERSION,
    capabilities: clientCapabilities,
    clientInfo: CLIENT_INFO,
  };
}

export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/** The legacy handshake over Streamable HTTP: `initialize`, then `notifications/initialized`. */
export async function openUpstreamSession(
  peer: Peer,
  options: UpstreamOptions,
  clientCapabilities: ClientCapabilities = {},
): Promise<OpenedUpstreamSession> {
  const answer = await sendRequest(
    peer,
    "legacy",
    null,
    "initialize",
    initializeParams(clientCapabilities),
    null,
    options,
  );
  const opened = toUpstreamSession(answer);
  if (!opened.ok) return opened;
  const { sessionId, protocolVersion } = opened.session;
  await postMessage({ ...peer, protocolVersion }, INITIALIZED, sessionId, options);
  return opened;
}

/** Ends a session that nobody needs any more; servers that do not know how may keep it. */
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
  const { allowPrivate, network, budgets } = options;
  const sent = await guardedFetch(
    peer.url,
    { method: "DELETE", headers },
    { allowPrivate, network, firstByteMs: budgets.connectMs },
  );
  if (sent.ok) await sent.response.body?.cancel().catch(() => undefined);
}

/** Reads the answer to `initialize`. */
export function toUpstreamSession(answer: JsonRpcResult): OpenedUpstreamSession {
  if (!answer.ok) return answer;
  const { protocolVersion, capabilities, instructions, serverInfo } = answer.result;
  const version = LEGACY_VERSIONS.find((known) => known === protocolVersion);
  if (!version)
    return {
      ok: false,
      error: badResponse("The server speaks none of the known protocol versions"),
    };
  return {
    ok: true,
    session: {
      sessionId: answer.response.headers.get("mcp-session-id"),
      protocolVersion: version,
      capabilities: isObject(capabilities) ? capabilities : {},
      instructions: typeof instructions === "string" ? instructions : null,
      serverInfo: toServerInfo(serverInfo),
    },
  };
}

export function toServerInfo(info: unknown): { name: string; version: string } {
  const { name, version } = isObject(info) ? info : {};
  return {
    name: typeof name === "string" ? name : "unknown",
    version: typeof version === "string" ? version : "",
  };
}
