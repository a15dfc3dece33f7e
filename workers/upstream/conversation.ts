import type { Askable } from "../contract/admission.ts";
import type { Detected, ServerCatalogue, UpstreamError } from "../contract/catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { META_SERVER_INFO, MODERN_VERSION } from "../mcp/protocol.ts";
import { request, type Exchanged, type Peer, type UpstreamOptions } from "./exchange.ts";
import { SseConnection } from "./http-sse.ts";
import { closeSession, openSession, toServerInfo } from "./sessions.ts";

export type Introduction = Pick<ServerCatalogue, "capabilities" | "instructions" | "serverInfo">;

/** A server that has introduced itself and can be asked, whatever its transport and era. */
export interface Conversation {
  about: Introduction;
  ask(method: string, params: Record<string, unknown>): Promise<Exchanged>;
  close(): Promise<void>;
}

/**
 * Older servers show some of their tools only to clients that can be asked; the catalogue is for all. Roots are left out:
 * servers ask for them as soon as they hear of them.
 */
const WHAT_CLIENTS_MAY_BE: Askable = { elicitation: { form: {}, url: {} }, sampling: {} };

type Opened = { ok: true; conversation: Conversation } | { ok: false; error: UpstreamError };

/** Begins a conversation in the way that the probe found the server to speak. */
export function openConversation(
  peer: Peer,
  detected: Detected,
  options: UpstreamOptions,
): Promise<Opened> {
  if (detected.transport === "sse") return overSse(peer, options);
  return detected.era === "legacy" ? overSession(peer, options) : stateless(peer, options);
}

async function stateless(peer: Peer, options: UpstreamOptions): Promise<Opened> {
  const ask = (method: string, params: Record<string, unknown>) =>
    request(peer, "modern", MODERN_VERSION, method, params, null, options);
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
  const opened = await openSession(peer, options, WHAT_CLIENTS_MAY_BE);
  if (!opened.ok) return opened;
  const { session } = opened;
  const conversation: Conversation = {
    about: toIntroduction(session),
    ask: (method, params) =>
      request(peer, "legacy", session.protocolVersion, method, params, session.sessionId, options),
    close: () => closeSession(peer, session, options),
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
  const conversation: Conversation = {
    about: toIntroduction(initialized.session),
    ask: (method, params) => connection.request(method, params),
    close: () => Promise.resolve(connection.close()),
  };
  return { ok: true, conversation };
}

function toIntroduction({ capabilities, instructions, serverInfo }: Introduction): Introduction {
  return { capabilities, instructions, serverInfo };
}
