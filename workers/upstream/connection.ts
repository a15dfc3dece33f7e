import type { AcceptedCapabilities } from "../contract/records/workspace.ts";
import type { Detected, ToolCatalogue } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { META_SERVER_INFO, MODERN_VERSION } from "../mcp/protocol.ts";
import type { Offer } from "./handshake.ts";
import { SseConnection } from "./http-sse.ts";
import {
  sendRequest,
  type JsonRpcResult,
  type Peer,
  type RequestState,
  type UpstreamOptions,
} from "./json-rpc.ts";
import {
  CATALOGUE_CAPABILITIES,
  openUpstreamSession,
  toServerInfo,
  type UpstreamSession,
} from "./upstream-sessions.ts";
import { readLeadsTo } from "./via.ts";

/** A server's description of itself, from `initialize` or `server/discover`. */
export type ServerIntroduction = Pick<
  ToolCatalogue,
  "capabilities" | "instructions" | "serverInfo" | "leadsTo"
>;

/** A server after its handshake, independent of transport and era. */
export interface UpstreamConnection {
  introduction: ServerIntroduction;
  /** How much of the catalogue's client capabilities a legacy server accepted. */
  accepted: AcceptedCapabilities;
  /** The session with a server that has sessions; it stays open. */
  session: UpstreamSession | null;
  request(method: string, params: Record<string, unknown>): Promise<JsonRpcResult>;
  close(): void;
}

type Opened = { ok: true; connection: UpstreamConnection } | Extract<JsonRpcResult, { ok: false }>;

/**
 * Connects to a server with the transport and era that the probe detected.
 * @param accepted what the server is known to accept of the capabilities
 * @param kept a session with a legacy server to use again
 */
export function openUpstreamConnection(
  peer: Peer,
  detected: Detected,
  accepted: AcceptedCapabilities,
  kept: UpstreamSession | null,
  options: UpstreamOptions,
): Promise<Opened> {
  if (detected.transport === "streamable-http" && detected.era === "modern")
    return connectStateless(peer, options);
  const { protocolVersion } = detected;
  const offer = { capabilities: CATALOGUE_CAPABILITIES, accepted, protocolVersion };
  return detected.transport === "sse"
    ? connectOverSse(peer, offer, options)
    : connectWithSession(peer, offer, kept, options);
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
    ...readLeadsTo(discovered.response),
  };
  const connection: UpstreamConnection = {
    introduction,
    accepted: "all",
    session: null,
    request,
    close: () => undefined,
  };
  return { ok: true, connection };
}

async function connectWithSession(
  peer: Peer,
  offer: Offer,
  kept: UpstreamSession | null,
  options: UpstreamOptions,
): Promise<Opened> {
  const opened = kept
    ? { ok: true as const, session: kept }
    : await openUpstreamSession(peer, options, offer);
  if (!opened.ok) return opened;
  const { session } = opened;
  const connection: UpstreamConnection = {
    introduction: toIntroduction(session),
    accepted: session.accepted,
    session,
    request: (method, params) =>
      sendRequest(peer, { method, params }, { era: "legacy", ...session }, options),
    close: () => undefined,
  };
  return { ok: true, connection };
}

async function connectOverSse(peer: Peer, offer: Offer, options: UpstreamOptions): Promise<Opened> {
  const opened = await SseConnection.open(peer, options);
  if (!opened.ok) return opened;
  const sse = opened.connection;
  const initialized = await sse.initialize(offer);
  if (!initialized.ok) {
    sse.close();
    return initialized;
  }
  const connection: UpstreamConnection = {
    introduction: toIntroduction(initialized.session),
    accepted: initialized.session.accepted,
    session: null,
    request: (method, params) => sse.request(method, params),
    close: () => sse.close(),
  };
  return { ok: true, connection };
}

function toIntroduction({
  capabilities,
  instructions,
  serverInfo,
  leadsTo,
}: ServerIntroduction): ServerIntroduction {
  return { capabilities, instructions, serverInfo, ...(leadsTo && { leadsTo }) };
}
