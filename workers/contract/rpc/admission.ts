import type { Era, Transport } from "../records/workspace.ts";
import type { ServerCheck, UpstreamError } from "./tool-catalogue.ts";

/** The gateway's own request for the servers' state; no MCP method has this name. */
export const HEALTH_METHOD = "mcpnest/health";
/** The gateway's own request for the way to a server that asked the client something; the target is the server's slug. */
export const ANSWER_METHOD = "mcpnest/answer";

/** A request as the Worker understood it; everything the Workspace needs to decide on it. */
export interface AdmitRequest {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** Client address, as the rate limit counts it. */
  address: string;
  era: Era;
  /** JSON-RPC method, or `HEALTH_METHOD`; "" for a body that is no request (it is still authenticated and counted). */
  method: string;
  /** Tool or prompt name, resource URI, or completion reference (`prompt:name`, `resource:uri`). */
  target: string | null;
  /** List cursor. */
  cursor: string | null;
  /** ETag of the list that the isolate has stored for this token, if any. */
  have: string | null;
  protocolVersion: string | null;
  clientName: string | null;
  /** Key of the legacy client's session; null: it has none. */
  session: string | null;
  /** What the client can be asked, as JSON text; `{}`: nothing. */
  clientCapabilities: string;
}

/** What a request to a container host is signed for. */
export interface HostRequestSubject {
  hostId: string;
  /** A workspace's id, or `FLEET_SUBJECT`. */
  subject: string;
  /** Names the one request; absent: each gets a name of its own. */
  jti?: string;
}

/** Where and how to send an admitted call. */
export interface Endpoint {
  serverId: string;
  serverSlug: string;
  serverName: string;
  url: string;
  transport: Transport;
  era: Era;
  protocolVersion: string;
  stateful: boolean;
  /** Whose container host this is: requests to it are signed. Null: a server that we do not run. */
  hosted: HostRequestSubject | null;
  /** Plain and decrypted secret headers. Never logged, never stored. */
  headers: Record<string, string>;
}

/**
 * What a client can be asked by a server: the part of its capabilities that the gateway passes on (2025-11-25 and
 * 2026-07-28, "Client capabilities"). Extensions and the rest stay behind: the gateway does not relay them.
 */
export interface ClientCapabilities {
  elicitation?: Record<string, unknown>;
  sampling?: Record<string, unknown>;
  roots?: Record<string, unknown>;
}

/** The way of one call: its number, its server and the principal's session there. */
export interface CallRoute {
  seq: number;
  memberId: string | null;
  tokenId: string;
  /** The server's own name of the tool or prompt; the URI of a resource. */
  target: string | null;
  /** `x-mcp-header` annotations of the tool, argument path -> header suffix; null when it has none. */
  paramHeaders: ParamHeader[] | null;
  endpoint: Endpoint;
  /** The session with a stateful server; null: none yet. */
  sessionId: string | null;
  /** Whose session that is: the principal's, or that of one client of the principal which can be asked. */
  sessionOwner: string;
}

/** An input property that a modern server wants mirrored as `Mcp-Param-<name>`. */
export interface ParamHeader {
  path: string[];
  name: string;
}

/** A call whose server asked something, before the answers go to it. */
export interface ReauthorizeRequest {
  digest: string;
  era: Era;
  method: string;
  serverSlug: string;
  /** The server's own name of the tool or prompt; the URI of a resource. */
  key: string;
}

/** A ready list: the JSON text of the result's array, by an ETag under which an isolate may keep it. */
export interface ListView {
  etag: string;
  /** Null when the caller has it (`have`). */
  items: string | null;
  nextCursor: string | null;
}

export type Admission =
  /** Token missing, malformed, unknown, revoked or expired, or no such workspace: one answer for all. */
  | { kind: "unauthorized" }
  | { kind: "rate_limited"; retryAfterSeconds: number }
  /** Admitted, and the Worker can answer by itself (ping, notifications, malformed bodies). */
  | { kind: "admitted" }
  | { kind: "capabilities"; capabilities: Record<string, unknown>; instructions: string | null }
  | { kind: "list"; view: ListView }
  | { kind: "health"; servers: ServerHealth[] }
  | { kind: "route"; route: CallRoute }
  /** The way to a server for the client's answer to its question. */
  | { kind: "answer"; endpoint: Endpoint }
  | { kind: "refused"; reason: RefusedReason }
  /** The server is known but cannot be called now. */
  | { kind: "unroutable"; error: UpstreamError; serverName: string }
  /** The workspace's configuration could not be read: nothing is let through. */
  | { kind: "unavailable" };

export type RefusedReason =
  | "tool_not_allowed"
  | "unknown_tool"
  | "unknown_prompt"
  | "unknown_resource"
  /** The resource's server does not tell of updates. */
  | "no_updates"
  /** A subscription needs a session in which its updates are told. */
  | "no_session"
  | "too_many_subscriptions"
  | "bad_cursor";

/** A server's health, as a member may see it. */
export interface ServerHealth {
  slug: string;
  name: string;
  status: "ok" | "failing" | "unknown" | "disabled";
  transport: Transport | null;
  era: Era | null;
  tools: number;
  check: ServerCheck | null;
}
