import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import type { Detected, ToolCatalogue, UpstreamError } from "../contract/rpc/tool-catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { META_SERVER_INFO, MODERN_VERSION } from "../mcp/protocol.ts";
import { SseConnection } from "./http-sse.ts";
import { sendRequest, type JsonRpcResult, type Peer, type UpstreamOptions } from "./json-rpc.ts";
import { closeUpstreamSession, openUpstreamSession, toServerInfo } from "./upstream-sessions.ts";

export type ServerIntroduction = Pick<
  ToolCatalogue,
  "capabilities" | "instructions" | "serverInfo"
>;

/** A server that has introduced itself and can be asked, whatever its transport and era. */
export interface UpstreamConnection {
  about: ServerIntroduction;
  ask(method: string, params: Record<string, unknown>): Promise<JsonRpcResult>;
  close(): Promise<void>;
}

/**
 * Older servers show some of their tools only to clients that can be asked; the catalogue is for all. Roots are left out:
 * servers ask for them as soon as they hear of them.
 */
const WHAT_CLIENTS_MAY_BE: ClientCapabilities = {
  elicitation: { form: {}, url: {} },
  sampling: {},
};

type Opened = { ok: true; conversation: UpstreamConnection } | { ok: false; error: UpstreamError };

/** Begins a conversation in the way that the probe found the server to speak. */
export function openUpstreamConnection(
  peer: Peer,
  detected: Detected,
  options: UpstreamOptions,
): Promise<Opened> {
  if (detected.transport === "sse") return overSse(peer, options);
  return detected.era === "legacy" ? overSession(peer, options) : stateless(peer, options);
}

async function stateless(peer: Peer, options: UpstreamOptions): Promise<Opened> {
  const ask = (method: string, params: Record<string, unknown>) =>
    sendRequest(peer, "modern", MODERN_VERSION, method, params, null, options);
  const discovered = await ask("server/discover", {});
  if (!discovered.ok) return discovered;
  const { capabilities, instructions, _meta: meta } = discovered.result;
  const about = {
    capabilities: isObject(capabilities) ? capabilities : {},
    instructions: typeof instructions === "string" ? instructions : null,
    serverInfo: toServerInfo(isObject(meta) ? meta[META_SERVER_INFO] : undefined),
  };
  return { ok: true, conversation: { about, ask, close: () => Promise.resolve() } };
}

async function overSession(peer: Peer, options: UpstreamOptions): Promise<Opened> {
  const opened = await openUpstreamSession(peer, options, WHAT_CLIENTS_MAY_BE);
  if (!opened.ok) return opened;
  const { session } = opened;
  const conversation: UpstreamConnection = {
    about: toIntroduction(session),
    ask: (method, params) =>
      sendRequest(
        peer,
        "legacy",
        session.protocolVersion,
        method,
        params,
        session.sessionId,
        options,
      ),
    close: () => closeUpstreamSession(peer, session, options),
  };
  return { ok: true, conversation };
}

async function overSse(peer: Peer, options: UpstreamOptions): Promise<Opened> {
  const opened = await SseConnection.open(peer, options);
  if (!opened.ok) return opened;
  const { connection } = opened;
  const initialized = await connection.initialize(WHAT_CLIENTS_MAY_BE);
  if (!initialized.ok) {
    connection.close();
    return initialized;
  }
  const conversation: UpstreamConnection = {
    about: toIntroduction(initialized.session),
    ask: (method, params) => connection.request(method, params),
    close: () => Promise.resolve(connection.close()),
  };
  return { ok: true, conversation };
}

function toIntroduction({
  capabilities,
  instructions,
  serverInfo,
}: ServerIntroduction): ServerIntroduction {
  return { capabilities, instructions, serverInfo };
}
