import type { Askable } from "../contract/admission.ts";
import type { UpstreamError } from "../contract/catalogue.ts";
import { isObject } from "../mcp/json.ts";
import { LATEST_LEGACY_VERSION, LEGACY_VERSIONS } from "../mcp/protocol.ts";
import {
  CLIENT_INFO,
  notify,
  request,
  type Exchanged,
  type Peer,
  type UpstreamOptions,
} from "./exchange.ts";
import { badResponse, guardedFetch } from "./guarded-fetch.ts";

/** What a legacy server said at `initialize`. */
export interface Session {
  /** Null: the server keeps no sessions. */
  sessionId: string | null;
  protocolVersion: string;
  capabilities: Record<string, unknown>;
  instructions: string | null;
  serverInfo: { name: string; version: string };
}

export type OpenedSession =
  | { ok: true; session: Session }
  | {
      ok: false;
      error: UpstreamError;
      rpcError?: { code: number; message: string; data: unknown };
    };

/** What is declared is what the client can be asked, so that servers do without other questions instead of waiting for answers. */
export function initializeParams(askable: Askable) {
  return {
    protocolVersion: LATEST_LEGACY_VERSION,
    capabilities: askable,
    clientInfo: CLIENT_INFO,
  };
}

export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/** The legacy handshake over Streamable HTTP: `initialize`, then `notifications/initialized`. */
export async function openSession(
  peer: Peer,
  options: UpstreamOptions,
  askable: Askable = {},
): Promise<OpenedSession> {
  const answer = await request(
    peer,
    "legacy",
    null,
    "initialize",
    initializeParams(askable),
    null,
    options,
  );
  const opened = toSession(answer);
  if (!opened.ok) return opened;
  const { sessionId, protocolVersion } = opened.session;
  await notify({ ...peer, protocolVersion }, INITIALIZED, sessionId, options);
  return opened;
}

/** Ends a session that nobody needs any more; servers that do not know how may keep it. */
export async function closeSession(
  peer: Peer,
  session: Pick<Session, "sessionId" | "protocolVersion">,
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
export function toSession(answer: Exchanged): OpenedSession {
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
