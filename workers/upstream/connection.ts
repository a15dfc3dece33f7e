import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import type { Detected, ToolCatalogue, UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { META_SERVER_INFO, MODERN_VERSION } from "../mcp/protocol.ts";
import { SseConnection } from "./http-sse.ts";
import {
  sendRequest,
  type JsonRpcResult,
  type Peer,
  type RequestState,
  type UpstreamOptions,
} from "./json-rpc.ts";
import { closeUpstreamSession, openUpstreamSession, toServerInfo } from "./upstream-sessions.ts";

/** A server's description of itself, from `initialize` or `server/discover`. */
export type ServerIntroduction = Pick<
  ToolCatalogue,
  "capabilities" | "instructions" | "serverInfo"
>;

/** A server after its handshake, independent of transport and era. */
export interface UpstreamConnection {
  introduction: ServerIntroduction;
  request(method: string, params: Record<string, unknown>): Promise<JsonRpcResult>;
  close(): Promise<void>;
}

/**
 * Legacy servers can show some tools only to clients with these capabilities, and the catalogue is for all clients.
 * Roots are left out: servers request them as soon as a client declares them.
 */
const CATALOGUE_CAPABILITIES: ClientCapabilities = {
  elicitation: { form: {}, url: {} },
  sampling: {},
};

type Opened = { ok: true; connection: UpstreamConnection } | { ok: false; error: UpstreamError };

/** Connects to a server with the transport and era that the probe detected. */
export function openUpstreamConnection(
  peer: Peer,
  detected: Detected,
  options: UpstreamOptions,
): Promise<Opened> {
  if (detected.transport === "sse") return connectOverSse(peer, options);
  return detected.era === "legacy"
    ? connectWithSession(peer, options)
    : connectStateless(peer, options);
}

async function connectStateless(peer: Peer, options: UpstreamOptions): Promise<Opened> {
  const state: RequestState = { era: "modern", protocolVersion: MODERN_VERSION, sessionId: null };
  const request = (method: string, params: Record<string, unknown>) =>
    sendRequest(peer, { method, params }, state, options);
  const discovered = await request("server/discover", {});
  if (!discovered.ok) return discovered;
  const { capabilities, instructions, _meta: meta } = discovered.result;
  const introduction = {
    capabilities: isObject(capabilities) ? capabilities : {},
    instructions: typeof instructions === "string" ? instructions : null,
    serverInfo: toServerInfo(isObject(meta) ? meta[META_SERVER_INFO] : undefined),
  };
  return { ok: true, connection: { introduction, request, close: () => Promise.resolve() } };
}

async function connectWithSession(peer: Peer, options: UpstreamOptions): Promise<Opened> {
  const opened = await openUpstreamSession(peer, options, CATALOGUE_CAPABILITIES);
  if (!opened.ok) return opened;
  const { session } = opened;
  const connection: UpstreamConnection = {
    introduction: toIntroduction(session),
    request: (method, params) =>
      sendRequest(peer, { method, params }, { era: "legacy", ...session }, options),
    close: () => closeUpstreamSession(peer, session, options),
  };
  return { ok: true, connection };
}

async function connectOverSse(peer: Peer, options: UpstreamOptions): Promise<Opened> {
  const opened = await SseConnection.open(peer, options);
  if (!opened.ok) return opened;
  const sse = opened.connection;
  const initialized = await sse.initialize(CATALOGUE_CAPABILITIES);
  if (!initialized.ok) {
    sse.close();
    return initialized;
  }
  const connection: UpstreamConnection = {
    introduction: toIntroduction(initialized.session),
    request: (method, params) => sse.request(method, params),
    close: () => Promise.resolve(sse.close()),
  };
  return { ok: true, connection };
}

function toIntroduction({
  capabilities,
  instructions,
  serverInfo,
}: ServerIntroduction): ServerIntroduction {
  return { capabilities, instructions, serverInfo };
}
