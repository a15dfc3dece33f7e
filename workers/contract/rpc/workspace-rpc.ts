import type { AccessExplanation, AccessQuestion } from "../api/access-explanation.ts";
import type { AccessProposal } from "../api/access-preview.ts";
import type { AccessSuggestion, UsedTool } from "../api/access-suggestions.ts";
import type { Account, AccountsOf } from "../api/accounts.ts";
import type { NamedTool } from "../api/resources.ts";
import type { InstanceReport } from "../hosting/instances.ts";
import type { VersionSwitch, VersionTrial } from "../hosting/version-switch.ts";
import type { AuditBacklog } from "../records/audit.ts";
import type { ConnectionState, WantedScopes } from "../records/connection.ts";
import type { ConfigurationDocument } from "../versions/document.ts";
import type { AccessChange } from "./access-preview.ts";
import type {
  AdmitRequest,
  Authentication,
  ClientIdentity,
  ClientResponseRequest,
  ClientResponseRoute,
  Endpoint,
  ParamHeader,
  ReauthorizeRequest,
  ServerHealth,
  TokenConnection,
  VisibleHealth,
  VisibleRegistry,
} from "./admission.ts";
import type { ChangeResult, Command, CommandType, RefusedChange } from "./commands.ts";
import type {
  ChangedSkillFiles,
  ContractScope,
  ContractState,
  SeenChange,
} from "./contract-commands.ts";
import type { HttpSseLease } from "./http-sse-session.ts";
import type { ListName } from "./notification-stream.ts";
import type { CallLease, CallOrigin, LeaseResult } from "./suspended-call.ts";
import type {
  ExposedTool,
  ListedTool,
  NameChange,
  ServerCheck,
  ToolCatalogue,
} from "./tool-catalogue.ts";
import type { WatchCallRequest, WatchCallResult } from "./watch.ts";

/**
 * The RPC methods of a Workspace object. Expected failures are values; a rejected promise means that the object or the
 * platform failed. Every method that takes a `ClientIdentity` authenticates the client and counts it against the
 * limits.
 *
 * The object is addressed by slug, and a slug can be used again after its workspace is deleted. Each method therefore
 * names its workspace by something that another workspace never has: a token's digest, the id of an entity, a random
 * name, the call log's life, or the workspace's id. What was meant for another workspace is not carried out.
 *
 * `fetch` with `Upgrade: websocket` opens the WebSocket of a notification stream, which is no RPC: an object that waits
 * for nothing leaves memory and keeps its WebSockets (`notification-stream.ts`).
 */
export interface WorkspaceRpc {
  /**
   * Decides on one MCP request. Returns an `Admission` as JSON text, which crosses RPC for half the cost of an object.
   */
  admit(request: AdmitRequest): Promise<string>;

  /** For messages that are not MCP requests. */
  authenticate(client: ClientIdentity): Promise<Authentication>;

  /** The state of the servers that the client is allowed to know. */
  listVisibleHealth(client: ClientIdentity): Promise<VisibleHealth>;

  /** The servers that the workspace's registry lists for the client. */
  listRegistry(client: ClientIdentity): Promise<VisibleRegistry>;

  /** Finds the server that a client's response to a server request goes to. */
  routeClientResponse(request: ClientResponseRequest): Promise<ClientResponseRoute>;

  /** Checks again whether a call is allowed, before its next round. Returns its current endpoint; null: not allowed. */
  reauthorize(request: ReauthorizeRequest): Promise<Endpoint | null>;

  /** Waits up to 50 s for the call's cancellation or the end of the right to make it. */
  watchCall(request: WatchCallRequest): Promise<WatchCallResult>;

  /** Ends the `watchCall` of this call, now or in the next 10 s. */
  cancelCall(call: string): void;

  /** A server has announced on a call's stream that one of its lists has changed. */
  reportListChanged(serverId: string, list: ListName): Promise<void>;

  /**
   * Records the outcomes of calls that the call log of this life admitted, in the encoding of `encodeOutcomes`. Durable
   * when it returns; rejected while the workspace cannot be loaded. Outcomes of another life are dropped.
   */
  recordOutcomes(life: string, outcomes: string): Promise<void>;

  /**
   * Before the end of the runtime: admits no further request until the object restarts, and returns the number of calls
   * in flight that were admitted after `startedAt` (epoch ms). When there are none, or it is the last call of `stop`:
   * records them as `cancelled`, returns unused sequence numbers, stores the outbox in D1, and returns 0.
   */
  stop(startedAt: number, isLast: boolean): Promise<number>;

  /**
   * Stores an upstream session of a session owner, in place of the one that the server lost (`replaces`). Returns the
   * session to use: another call can have stored one first. `sessionId` null: the server has one session at a time and
   * gives no further one; the owner then shares the newest other one. Null: there is none.
   */
  saveSession(
    serverId: string,
    sessionOwner: string,
    sessionId: string | null,
    replaces: string | null,
  ): Promise<string | null>;

  /**
   * Takes a lease for a call that a SuspendedCall object is going to hold, and remembers that its server sends requests.
   * Null: the token is not valid, or there is no such server.
   */
  acquireCallLease(lease: CallLease, origin: CallOrigin): Promise<LeaseResult | null>;

  /** False: the token is not valid any more, and the call must end. */
  renewCallLease(lease: CallLease): Promise<boolean>;

  releaseCallLease(holder: string): Promise<void>;

  /** False: the connection to an HTTP+SSE server must close after its calls in flight. */
  renewHttpSseLease(lease: HttpSseLease): Promise<boolean>;

  /** Hands a client's response to the call that waits for it in `collectClientResponses`. */
  deliverClientResponse(box: string, key: string, text: string): void;

  /** Waits up to 50 s for the responses to all keys; null: some are missing, collect again. */
  collectClientResponses(box: string, keys: string[]): Promise<Record<string, string> | null>;

  /**
   * Carries out a change: D1 together with its audit event, then the config replica. In force when it returns.
   * `workspaceId`: the workspace to change; null: whichever has the slug.
   */
  change<T extends CommandType>(
    command: Command<T>,
    actor: string,
    workspaceId: string | null,
  ): Promise<ChangeResult<T>>;

  /** Stops a hosted server and deletes its server record and everything on its container host. */
  terminateInstance(id: string, actor: string): Promise<ChangeResult<"instance.delete">>;

  /** Starts another version of a hosted server beside the running one, and says what it shows; nothing is stored. */
  compareVersion(
    id: string,
    version: string,
  ): Promise<{ ok: true; trial: VersionTrial } | RefusedChange>;

  /** The same, and then switches to it. The result does not wait until it runs. */
  switchVersion(
    id: string,
    input: VersionSwitch,
    actor: string,
  ): Promise<ChangeResult<"instance.switch">>;

  /** For the cron: applies the container hosts' reports on the workspace's instances. */
  reconcileInstances(reports: InstanceReport[]): Promise<void>;

  /** For the queue's consumer: these batches of the call log of this life are stored in D1 and leave the outbox. */
  confirm(life: string, batches: number[]): Promise<void>;

  /**
   * For the cron: has the object set its alarm, by which it checks its servers, and wrap its data key with the newest
   * master key.
   */
  wake(): Promise<void>;

  /** Checks one server now; null when there is no such server. */
  checkServer(serverId: string): Promise<ServerCheck | null>;

  /** A server's tools as stored, with their exposed names. */
  listServerTools(serverId: string): Promise<ListedTool[]>;

  /** Those that a user is allowed to call as a member of the workspace. `viewer`: the user's id. */
  listVisibleTools(serverId: string, viewer: string): Promise<ListedTool[]>;

  /** The exposed names of all servers that change if this server gets another prefix. Changes nothing. */
  previewPrefix(serverId: string, prefix: string | null): Promise<NameChange[]>;

  /** Refreshes the server's catalogue and returns a tool's `x-mcp-header` annotations; null: none. */
  renewParamHeaders(serverId: string, tool: string): Promise<ParamHeader[] | null>;

  /** The state of the gateway's sign-in at a server, or of a member's account (`caller`); null: there is no such server. */
  findConnection(serverId: string, caller?: string): Promise<ConnectionState | null>;

  /**
   * A server has refused a call for these scopes, which are its text. Returns what its sign-in lacks; null: the gateway has not
   * signed in there. `caller`: the id of the token owner; absent: a Worker of the release before.
   */
  reportMissingScopes(
    serverId: string,
    scopes: string[],
    caller?: string,
  ): Promise<WantedScopes | null>;

  /** The accounts of members at servers where each person has their own. */
  listAccounts(of: AccountsOf): Promise<Account[]>;

  /** A server's catalogue as stored; null: it was never fetched, or there is no such server. */
  findToolCatalogue(serverId: string): Promise<ToolCatalogue | null>;

  /**
   * A server's catalogue as stored, without its tools; null: the user is not allowed the whole server as a member, or there
   * is none. `viewer`: the user's id.
   */
  findVisibleCatalogue(serverId: string, viewer: string): Promise<ToolCatalogue | null>;

  /** The contracts of servers by position, and what the servers show that differs. */
  listContracts(workspaceId: string, scope: ContractScope): Promise<ContractState[]>;

  /** Reads the files that a changed skill has in another version than the approved one, at its server and as they were kept. */
  readSkillFiles(
    workspaceId: string,
    serverId: string,
    seen: Pick<SeenChange, "key" | "digest">,
  ): Promise<ChangedSkillFiles>;

  /** The tools that a member may call now; null: there is no such member. */
  listMemberTools(memberId: string): Promise<ExposedTool[] | null>;

  /** The names of the tools of all servers as stored, by position of the server. */
  listToolNames(workspaceId: string): Promise<NamedTool[]>;

  /** What clients have done with a token's current value; null: the member has no such token. */
  findTokenConnection(memberId: string, tokenId: string): Promise<TokenConnection | null>;

  /** Computes the tools that each member would lose and gain by a change of rules or settings. Changes nothing. */
  previewAccess(workspaceId: string, proposal: AccessProposal): Promise<AccessChange[]>;

  /** Says whether a member may call a tool (by the server's own name; null: use the whole server), and why. */
  explainAccess(
    workspaceId: string,
    question: AccessQuestion,
  ): Promise<AccessExplanation | "unknown_member" | "unknown_server">;

  /** The members and teams that may call more than they have called since an instant (epoch ms), with the least rules. */
  suggestAccess(
    workspaceId: string,
    use: { used: UsedTool[]; since: number },
  ): Promise<AccessSuggestion[]>;

  /**
   * The state of all servers, for the management API. `viewer`: the id of a user, which limits the servers and the
   * numbers of tools to those that the user's member is allowed to use; null: no limit.
   */
  listServerHealth(workspaceId: string, viewer: string | null): Promise<ServerHealth[]>;

  /** The configuration as a document, with its version; null: the workspace cannot be read now. */
  readConfiguration(
    workspaceId: string,
  ): Promise<{ document: ConfigurationDocument; version: number } | null>;

  /** The call rows that D1 has not confirmed. */
  readAuditBacklog(): Promise<AuditBacklog>;
}
