import type { RefusedAccess } from "../api/access-explanation.ts";
import type { PerPerson } from "../records/connection.ts";
import type { FoundNotice } from "../records/credential-notice.ts";
import type { ClientInfo, StopCause } from "../records/stop.ts";
import type { AcceptedCapabilities, Era, Transport } from "../records/workspace.ts";
import type { ServerCheck, UpstreamError } from "./tool-catalogue.ts";

/** The client behind a gateway request: what authentication and the rate limits need of it. */
export interface ClientIdentity {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** Client address, as the rate limit counts it. */
  address: string;
  /** The client, as it named itself at the start of its session; absent: it has none. */
  client?: ClientInfo;
  /** Slug of the one server that the client's address serves; absent: the address is the workspace's. */
  server?: string;
}

/** An MCP request, with everything that the Workspace needs to decide on it. */
export interface AdmitRequest extends ClientIdentity {
  era: Era;
  /** JSON-RPC method. */
  method: string;
  /** Tool or prompt name, resource URI, task id, or completion reference (`prompt:name`, `resource:uri`). */
  target: string | null;
  /** List cursor. */
  cursor: string | null;
  /** ETag of the list that the isolate has cached for this token; null: none. */
  knownEtag: string | null;
  protocolVersion: string | null;
  clientName: string | null;
  clientVersion: string | null;
  /** Key of the legacy client's session; null: it has none. */
  session: string | null;
  /** The client capabilities that concern server requests, as JSON text; `{}`: none. */
  clientCapabilities: string;
  /** Whether the client can begin a task and follow it. */
  acceptsTasks: boolean;
  /** Whether the request has passed another gateway. */
  isForwarded: boolean;
}

/** A client's response to a server request, which is routed to that server. */
export interface ClientResponseRequest extends ClientIdentity {
  /** The server that made the request. */
  serverId: string;
}

/** The subject of a signed request to a container host. */
export interface HostRequestIdentity {
  hostId: string;
  /** A workspace's id, or `FLEET_SUBJECT`. */
  subject: string;
  /** Name of this one request; absent: a random name. */
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
  accepted: AcceptedCapabilities;
  /** The server's own time limits of a call; null: the general ones. */
  longestCallSeconds: number | null;
  longestSilenceSeconds: number | null;
  /** For a hosted server: the subject under which requests are signed. Null: a server that we do not run. */
  hosted: HostRequestIdentity | null;
  /** Plain and decrypted secret headers. Never logged, never stored. */
  headers: Record<string, string>;
  /** The names of the secret ones. */
  credentials: string[];
  /** Of the access token among them; absent: the gateway has not signed in at the server. */
  tokenVersion?: number;
  /** Whose account at the server the call uses; absent: the workspace's, or none. */
  account?: AccountLink;
}

/** What the address of the page says on which a person connects an account. */
export interface AccountLink {
  /** Slug of the server. */
  server: string;
  kind: PerPerson["kind"];
  /** The agent whose owner has to connect it, with its name and the owner's; null: the person, or the sign-in of `companyMemberId`. */
  agent: { id: string; name: string; owner: string } | null;
  companyMemberId: string | null;
}

/**
 * The client capabilities that the gateway passes on (2025-11-25 and 2026-07-28, "Client capabilities"): those that let
 * a server send requests. All others are dropped, because the gateway does not relay them; the tasks extension stays in the
 * request of a modern client to a modern server.
 */
export interface ClientCapabilities {
  elicitation?: Record<string, unknown>;
  sampling?: Record<string, unknown>;
  roots?: Record<string, unknown>;
}

/** What the response to a call that concerns a skill must be. Nothing else reaches the client. */
export interface SkillRoute {
  /** The skill's name, for the audit row. */
  name: string;
  /** The URI that the client asked for. */
  uri: string;
  /** Of a read: what the list says of the file. `digest`: `sha256:` and 64 hex digits. */
  file: { digest: string; size: number } | null;
  /** Of `skills/get`: JSON texts of the entry that the server must send, and of what the client gets. */
  entry: { listed: string; shown: string } | null;
}

/** The route of one call: its sequence number, its server and the upstream session to use. */
export interface CallRoute {
  seq: number;
  /** The life of the call log that assigned `seq`; the outcome names it, so that no other log takes it. */
  life: string;
  memberId: string | null;
  tokenId: string;
  /** The server's own name of the tool or prompt; the URI of a resource. */
  target: string | null;
  /** The server's own id of the task that the call concerns; null: none. */
  task: string | null;
  /** `x-mcp-header` annotations of the tool, argument path -> header suffix; null when it has none. */
  paramHeaders: ParamHeader[] | null;
  /** Whether the gateway wraps the tool's output as `{"result": …}` for legacy clients. */
  wrapsOutput: boolean;
  endpoint: Endpoint;
  /** The session with a stateful server, or the connection of a task to an HTTP+SSE server; null: none yet. */
  sessionId: string | null;
  /**
   * Key under which the upstream session is stored: the token owner, or one client of it that accepts server requests.
   */
  sessionOwner: string;
  /** Whether the server has ever sent a request that the client of a call supported. */
  asksClients: boolean;
  /** `CallRow.rule`; absent in a route of the release before. */
  rule?: string;
  /** The name with which the client registered, of one that has not introduced itself. Absent: it has, or has no grant. */
  clientName?: string;
  /** Absent: the call concerns no skill. */
  skill?: SkillRoute;
  /**
   * JSON of the approved members of `_meta` that rule the user interface of a resource, which its content must not change.
   * Absent: the server's changes are not held.
   */
  approvedUi?: string;
}

/** An input property that a modern server expects to be repeated as the header `Mcp-Param-<name>`. */
export interface ParamHeader {
  path: string[];
  name: string;
}

/** A call that is to be sent to its server again, with the client's responses to its server requests. */
export interface ReauthorizeRequest extends CalledItem {
  digest: string;
  /** Absent: a Worker of an earlier release. */
  client?: ClientInfo;
  era: Era;
  /** The version of the access token that the server has refused, which is then renewed. Absent: it was not refused. */
  refusedToken?: number;
}

/** What a call addresses on its server. */
export interface CalledItem {
  method: string;
  serverId: string;
  /** The server's own name of the tool (also of a task's tool) or prompt; the URI of a resource. */
  key: string;
}

/** A page of a list: the JSON text of the result's array, with an ETag under which an isolate can cache it. */
export interface ListView {
  etag: string;
  /** Null when the request's `knownEtag` is this ETag: the isolate has the page. */
  items: string | null;
  /** Null: it is the last page, or the isolate has it. */
  nextCursor: string | null;
}

/** Why a client is not admitted, independent of its message. */
export type Denial =
  /** Token missing, malformed, unknown, revoked or expired, or no such workspace: indistinguishable for the client. */
  | { kind: "unauthorized" }
  | { kind: "rate_limited"; retryAfterSeconds: number }
  /** An owner or admin has stopped it, and can lift that. */
  | { kind: "stopped"; cause: StopCause }
  /** The address names a server that does not exist, is disabled, or of which the token owner may call nothing. */
  | { kind: "unknown_server" }
  /** The workspace's configuration could not be read: every request is denied. */
  | { kind: "unavailable" };

/** The result for a message that needs no decision: a notification, an invalid body, the opening of a stream. */
export type Authentication = Denial | { kind: "authenticated" };

/** The decision on an MCP request. */
export type Admission =
  | Denial
  /** The Worker sends the response (ping, `subscriptions/listen`, resource subscriptions, unknown methods). */
  | { kind: "admitted" }
  | {
      kind: "capabilities";
      capabilities: Record<string, unknown>;
      instructions: string | null;
      /** The ids of the gateways among the servers, and of those that they lead to. */
      leadsTo: string[];
    }
  | { kind: "list"; view: ListView }
  | { kind: "route"; route: CallRoute }
  // `limit`: of `too_many_subscriptions`; absent: the session's. `unlisted`: of `unknown_tool`, the servers whose tools are not
  // known before this person connects an account. `access`: of a member's `tool_not_allowed`, what decides.
  | {
      kind: "refused";
      reason: RefusedReason;
      limit?: SubscriptionLimit;
      unlisted?: { serverName: string; account: AccountLink }[];
      access?: RefusedAccess;
    }
  /** The server is known but cannot be called now. `account`: of `needs_account`; absent: no person can connect one. */
  | { kind: "unroutable"; error: UpstreamError; serverName: string; account?: AccountLink };

/** A server as the workspace's registry lists it; `changedAt` in epoch ms. */
export interface RegisteredServer {
  slug: string;
  name: string;
  createdAt: number;
  changedAt: number;
}

/** The enabled servers that the token owner is allowed to know, for the workspace's registry. */
export type VisibleRegistry = Denial | { kind: "registry"; servers: RegisteredServer[] };

/** The servers that the token owner is allowed to know. */
export type VisibleHealth = Denial | { kind: "health"; servers: ServerHealth[] };

/** The route of a client's response; `no_route`: its server is gone, disabled, unreachable or not the token owner's. */
export type ClientResponseRoute =
  | Denial
  | { kind: "route"; endpoint: Endpoint }
  | { kind: "no_route" };

/** Reason in the error that a refused request gets (`error.data.reason`). */
export type RefusedReason =
  | "tool_not_allowed"
  /** The token's owner may call it, but the token is narrowed to other tools. */
  | "tool_not_selected"
  /** The definition has changed since it was approved, and calls that fit the approved one can fail at the server. */
  | "definition_held"
  | "unknown_tool"
  | "unknown_prompt"
  | "unknown_resource"
  /** No server that the token owner can use lists the skill. */
  | "unknown_skill"
  /** Several servers have a skill with this URI, so that it means none of them. */
  | "ambiguous_skill"
  /** The URI is below a skill that does not list it. */
  | "outside_skill"
  /** No skill that the token owner can use has the directory. */
  | "unknown_directory"
  /** There is no such task, or it is another principal's. */
  | "unknown_task"
  /** The resource's server does not announce updates. */
  | "no_updates"
  /** A subscription needs a client session, on whose stream its updates are sent. */
  | "no_session"
  | "too_many_subscriptions"
  | "bad_cursor";

/** What refuses a resource subscription: the URI's length, or the number that a session, a token owner or the workspace has. */
export type SubscriptionLimit = "uri" | "session" | "owner" | "workspace";

/** What a client has done with a token since the Workspace object is in memory. Instants in epoch ms; null: not yet. */
export interface TokenConnection {
  /** As the client names itself; null: it has not, or there was no request. */
  client: { name: string; version: string | null } | null;
  /** The first authenticated request. */
  connectedAt: number | null;
  /** The first call that went to a server. */
  calledAt: number | null;
}

/** A server's health, as a member is allowed to see it. */
export interface ServerHealth {
  slug: string;
  name: string;
  status: "ok" | "failing" | "unknown" | "disabled";
  transport: Transport | null;
  era: Era | null;
  tools: number;
  check: ServerCheck | null;
  /** What is the matter with its credentials. Absent: the reader is a member, or an object of the release before. */
  credentials?: FoundNotice[];
}
