import type { AccessProposal } from "../api/people.ts";
import type { InstanceReport } from "../hosting/instances.ts";
import type { AccessChange } from "./access-preview.ts";
import type { AdmitRequest, ParamHeader, ReauthorizeRequest, ServerHealth } from "./admission.ts";
import type { ChangeResult, Command } from "./commands.ts";
import type { OpenedStream, OpenStreamRequest } from "./notification-stream.ts";
import type { CallLease } from "./suspended-call.ts";
import type { ExposedTool, ServerCheck, ToolCatalogue } from "./tool-catalogue.ts";
import type { ListName, WatchRequest, WatchResult } from "./watch.ts";

/** The RPC methods of a Workspace object. Expected failures are values; a rejected promise means that the object or the platform failed. */
export interface WorkspaceRpc {
  /**
   * Decides on one request: authenticates, counts, and answers, refuses or routes it. The answer is an `Admission` as
   * JSON text, which crosses RPC for half of what an object costs.
   */
  admit(request: AdmitRequest): Promise<string>;

  /** Whether a call may go on with another round, and by which way: an `Endpoint` as JSON text, as `admit` answers; null: it may not. */
  reauthorize(request: ReauthorizeRequest): Promise<string>;

  /** Begins a stream of change notifications. */
  listen(request: OpenStreamRequest): Promise<OpenedStream>;

  /** Waits, 50 s at most, for something that a client with an open stream must hear. */
  watch(request: WatchRequest): Promise<WatchResult>;

  /** Ends the watch that has this key as its `call`, now or in the next 10 s. */
  cancelCall(key: string): Promise<void>;

  /** A server has said on a call's stream that a list of its has changed. */
  reportListChanged(serverId: string, list: ListName): Promise<void>;

  /** Records what became of admitted calls, as `encodeOutcomes` makes them. Durable when it returns. */
  recordOutcomes(outcomes: string): Promise<void>;

  /** Keeps a principal's session with a stateful server; answers with the one that holds, which another call may have stored first. */
  saveSession(
    serverId: string,
    principal: string,
    sessionId: string,
    replaces: string | null,
  ): Promise<string>;

  /** Admits a call that may have to wait for answers, and says which session it may use; null: not for this token. */
  acquireCallLease(hold: CallLease): Promise<"shared" | "own" | "too_many" | null>;

  /** False: the call must not be held any longer. */
  renewCallLease(hold: CallLease): Promise<boolean>;

  releaseCallLease(holder: string): void;

  /** Hands a client's answer to the request that waits for it in `collectClientResponses`. */
  deliverClientResponse(box: string, key: string, text: string): void;

  /** Waits for the answers to a question that was just sent; null: not all are there yet, ask again. */
  collectClientResponses(box: string, keys: string[]): Promise<Record<string, string> | null>;

  /** Carries out a change: D1 together with its audit event, then the copy here. In force when it returns. */
  change(command: Command, actor: string): Promise<ChangeResult>;

  /** Ends a hosted server and removes everything of it. */
  terminateInstance(id: string, actor: string): Promise<ChangeResult<"instance.delete">>;

  /** For the cron: what container hosts say of the workspace's instances. */
  reconcileInstances(reports: InstanceReport[]): Promise<void>;

  /** The queue's consumer has stored these batches in D1. */
  confirm(batches: number[]): Promise<void>;

  /** For the cron: checks every enabled server, records the outcomes as history, and follows a new master key. */
  checkServers(): Promise<void>;

  /** Checks one server now; null when there is no such server. */
  checkServer(slug: string): Promise<ServerCheck | null>;

  /** A server's tools as stored, with the names under which clients see them. */
  listServerTools(slug: string): Promise<{ exposedName: string; name: string; json: string }[]>;

  /** The `x-mcp-header` annotations of a tool, after a look at its server; null: none. */
  renewParamHeaders(serverId: string, tool: string): Promise<ParamHeader[] | null>;

  /** What a server offers, as stored; null: nobody has seen it yet, or there is no such server. */
  findToolCatalogue(slug: string): Promise<ToolCatalogue | null>;

  /** The tools that a member may call now; null: there is no such member. */
  listMemberTools(memberId: string): Promise<ExposedTool[] | null>;

  /** What each member would lose and gain by a change of rules or settings. Changes nothing. */
  previewAccess(proposal: AccessProposal): Promise<AccessChange[]>;

  health(): Promise<ServerHealth[]>;
}
