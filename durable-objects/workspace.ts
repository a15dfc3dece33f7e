import { DurableObject } from "cloudflare:workers";
import type { AccessProposal } from "../workers/contract/api/people.ts";
import type { InstanceReport } from "../workers/contract/hosting/instances.ts";
import type { ServerRecord } from "../workers/contract/records/workspace.ts";
import type { AccessChange } from "../workers/contract/rpc/access-preview.ts";
import type {
  Admission,
  AdmitRequest,
  ReauthorizeRequest,
  ParamHeader,
  ServerHealth,
} from "../workers/contract/rpc/admission.ts";
import type { ChangeResult, Command } from "../workers/contract/rpc/commands.ts";
import type {
  OpenStreamRequest,
  OpenedStream,
} from "../workers/contract/rpc/notification-stream.ts";
import type { CallLease } from "../workers/contract/rpc/suspended-call.ts";
import type { ExposedTool } from "../workers/contract/rpc/tool-catalogue.ts";
import type { ToolCatalogue, ServerCheck } from "../workers/contract/rpc/tool-catalogue.ts";
import type { ListName, WatchResult, WatchRequest } from "../workers/contract/rpc/watch.ts";
import type { WorkspaceRpc } from "../workers/contract/rpc/workspace-rpc.ts";
import { budgetsOf, type Env } from "../workers/runtime/env.ts";
import { withTimeout } from "../workers/upstream/json-rpc.ts";
import { isSubscription } from "./admission/decide-admission.ts";
import { FlushScheduler } from "./audit/flush-scheduler.ts";
import { sendOutbox } from "./audit/outbox.ts";
import { CallLeases } from "./elicitation/call-leases.ts";
import { PendingResponses } from "./elicitation/pending-responses.ts";
import { HostedInstances } from "./hosting/hosted-instances.ts";
import { NotificationStreams } from "./notifications/notification-streams.ts";
import { ResourceSubscriptions } from "./notifications/resource-subscriptions.ts";
import { previewAccess } from "./policy/access-preview.ts";
import { decideToolAccess } from "./policy/tool-access.ts";
import { ConfigReplica } from "./replica/config-replica.ts";
import { listExposedTools } from "./tool-catalogue/exposed-tools.ts";

/** One workspace: who may call what, how often, where, and the book of calls. Public methods are its RPC API; outcomes are values. */
export class Workspace extends DurableObject<Env> implements WorkspaceRpc {
  readonly #keeper: ConfigReplica;
  readonly #mailbox = new PendingResponses();
  readonly #holds = new CallLeases(() => this.#keeper.loaded);
  readonly #clock: FlushScheduler;
  readonly #subscriptions: ResourceSubscriptions;
  readonly #watchers: NotificationStreams;
  readonly #hosted: HostedInstances;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#keeper = new ConfigReplica(ctx, env);
    this.#clock = new FlushScheduler(ctx, () => this.#keeper.loaded?.ledger);
    this.#subscriptions = new ResourceSubscriptions(ctx.storage.sql);
    this.#watchers = new NotificationStreams(() => this.#keeper.loaded, this.#subscriptions);
    this.#hosted = new HostedInstances(this.#keeper, env, {
      onRunning: (slug) => this.#checkWithin(slug),
    });
  }

  /**
   * Decides on one request: authenticates, counts, and answers, refuses or routes it. The answer is an `Admission` as
   * JSON text, which crosses RPC for half of what an object costs.
   */
  async admit(request: AdmitRequest): Promise<string> {
    return JSON.stringify(await this.#admit(request));
  }

  async #admit(request: AdmitRequest): Promise<Admission> {
    const loaded = await this.#keeper.load();
    if (loaded === "unavailable") return { kind: "unavailable" };
    if (loaded === "unknown") return { kind: "unauthorized" };
    const now = Date.now();
    const admission = await loaded.admit(request, now);
    if (admission.kind !== "unauthorized") {
      const refresh = loaded.upstreams.refreshStale(loaded.enabledServers, now);
      if (refresh) this.ctx.waitUntil(refresh);
      if (loaded.ledger.hasUnwritten) this.#clock.scheduleFlush();
    }
    if (admission.kind === "admitted" && isSubscription(request.method))
      return this.#subscribe(request, now);
    return admission;
  }

  /** Keeps what a client's session has subscribed to, and asks the server to tell of it. */
  async #subscribe(request: AdmitRequest, now: number): Promise<Admission> {
    const { session, target } = request;
    if (session === null || target === null) return { kind: "admitted" };
    if (request.method === "resources/unsubscribe") this.#subscriptions.remove(session, target);
    else if (!this.#subscriptions.add(session, target, now))
      return { kind: "refused", reason: "too_many_subscriptions" };
    await this.#watchers.followNow();
    return { kind: "admitted" };
  }

  /** Whether a call may go on with another round, and by which way: an `Endpoint` as JSON text, as `admit` answers; null: it may not. */
  async reauthorize(request: ReauthorizeRequest): Promise<string> {
    return JSON.stringify((await (await this.#keeper.ready())?.reauthorize(request)) ?? null);
  }

  /** Begins a stream of change notifications. */
  async listen(request: OpenStreamRequest): Promise<OpenedStream> {
    await this.#watched();
    return this.#watchers.listen(request);
  }

  /** Waits, 50 s at most, for something that a client with an open stream must hear. */
  async watch(request: WatchRequest): Promise<WatchResult> {
    await this.#watched();
    return this.#watchers.watch(request);
  }

  /** Ends the watch that has this key as its `call`, now or in the next 10 s. */
  async cancelCall(key: string): Promise<void> {
    await this.#watched();
    this.#watchers.cancel(key);
  }

  /** A server has said on a call's stream that a list of its has changed. */
  async reportListChanged(serverId: string, list: ListName): Promise<void> {
    await this.#watched();
    this.#watchers.listChanges.add(serverId, list);
  }

  /** Loads the workspace, and has its changes reach those who watch. */
  async #watched(): Promise<void> {
    (await this.#keeper.ready())?.tellOfChanges(() => this.#watchers.changed());
  }

  /** Records what became of admitted calls, as `encodeOutcomes` makes them. Durable when it returns. */
  async recordOutcomes(outcomes: string): Promise<void> {
    const loaded = await this.#keeper.ready();
    // After a workspace's deletion its calls in flight are on record as unknown.
    if (!loaded) return;
    this.ctx.storage.transactionSync(() => loaded.ledger.settle(outcomes));
    await this.#clock.scheduleAlarm(Date.now());
  }

  /** Keeps a principal's session with a stateful server; answers with the one that holds, which another call may have stored first. */
  async saveSession(
    serverId: string,
    principal: string,
    sessionId: string,
    replaces: string | null,
  ): Promise<string> {
    const loaded = await this.#keeper.ready();
    if (!loaded?.config.servers.has(serverId)) return sessionId;
    return loaded.upstreams.saveSession(serverId, principal, sessionId, replaces);
  }

  /** Admits a call that may have to wait for answers, and says which session it may use; null: not for this token. */
  async acquireCallLease(hold: CallLease): Promise<"shared" | "own" | "too_many" | null> {
    await this.#keeper.ready();
    return this.#holds.begin(hold, Date.now());
  }

  /** False: the call must not be held any longer. */
  async renewCallLease(hold: CallLease): Promise<boolean> {
    await this.#keeper.ready();
    return this.#holds.renew(hold, Date.now());
  }

  releaseCallLease(holder: string): void {
    this.#holds.end(holder);
  }

  /** Hands a client's answer to the request that waits for it in `collectClientResponses`. */
  deliverClientResponse(box: string, key: string, text: string): void {
    this.#mailbox.deliver(box, key, text);
  }

  /** Waits for the answers to a question that was just sent; null: not all are there yet, ask again. */
  collectClientResponses(box: string, keys: string[]): Promise<Record<string, string> | null> {
    return this.#mailbox.collect(box, keys);
  }

  /** Carries out a change: D1 together with its audit event, then the copy here. In force when it returns. */
  async change(command: Command, actor: string): Promise<ChangeResult> {
    const before = this.#keeper.loaded?.config;
    const outcome = await this.#keeper.change(command, actor);
    this.ctx.waitUntil(this.#hosted.follow(command, outcome, before));
    // A deletion leaves nothing that could tell of itself.
    this.#watchers.changed();
    if (!outcome.ok || !("check" in outcome.result)) return outcome;
    const { server } = outcome.result;
    const check = server.enabled ? await this.#checkWithin(server.slug) : null;
    const checked = (await this.#keeper.ready())?.config.servers.get(server.id);
    return { ok: true, result: { server: checked ?? server, check } };
  }

  /** Ends a hosted server and removes everything of it. */
  async terminateInstance(id: string, actor: string): Promise<ChangeResult<"instance.delete">> {
    await this.#keeper.ready();
    const outcome = await this.#hosted.terminate(id, actor);
    this.#watchers.changed();
    return outcome;
  }

  /** For the cron: what container hosts say of the workspace's instances. */
  async reconcileInstances(reports: InstanceReport[]): Promise<void> {
    await this.#keeper.ready();
    await this.#hosted.reconcile(reports);
  }

  /** The queue's consumer has stored these batches in D1. */
  async confirm(batches: number[]): Promise<void> {
    (await this.#keeper.ready())?.ledger.confirm(batches);
  }

  /** For the cron: checks every enabled server, records the outcomes as history, and follows a new master key. */
  async checkServers(): Promise<void> {
    const loaded = await this.#keeper.ready();
    if (!loaded) return;
    await this.#keeper.rewrapKey();
    await this.#keeper.check(loaded.enabledServers);
  }

  /** Checks one server now; null when there is no such server. */
  async checkServer(slug: string): Promise<ServerCheck | null> {
    const server = await this.#server(slug);
    return server ? ((await this.#keeper.check([server]))[0] ?? null) : null;
  }

  /** A server's tools as stored, with the names under which clients see them. */
  async listServerTools(
    slug: string,
  ): Promise<{ exposedName: string; name: string; json: string }[]> {
    const server = await this.#server(slug);
    return server ? (this.#keeper.loaded?.catalogue().toolsOf(server) ?? []) : [];
  }

  /** The `x-mcp-header` annotations of a tool, after a look at its server; null: none. */
  async renewParamHeaders(serverId: string, tool: string): Promise<ParamHeader[] | null> {
    const loaded = await this.#keeper.ready();
    const server = loaded?.config.servers.get(serverId);
    if (!loaded || !server) return null;
    await loaded.upstreams.refresh(server);
    return loaded.catalogue().paramHeaders(server, tool);
  }

  /** What a server offers, as stored; null: nobody has seen it yet, or there is no such server. */
  async findToolCatalogue(slug: string): Promise<ToolCatalogue | null> {
    const server = await this.#server(slug);
    return (server && this.#keeper.loaded?.catalogue().toolCatalogueOf(server)) ?? null;
  }

  /** The tools that a member may call now; null: there is no such member. */
  async listMemberTools(memberId: string): Promise<ExposedTool[] | null> {
    const loaded = await this.#keeper.ready();
    const member = loaded?.config.members.get(memberId);
    if (!loaded || !member) return null;
    const access = decideToolAccess(loaded.config.workspace, member);
    return listExposedTools(loaded).filter(({ serverSlug, name }) =>
      access.mayCall(serverSlug, name),
    );
  }

  /** What each member would lose and gain by a change of rules or settings. Changes nothing. */
  async previewAccess(proposal: AccessProposal): Promise<AccessChange[]> {
    const loaded = await this.#keeper.ready();
    if (!loaded) return [];
    const tools = listExposedTools(loaded).map(({ serverSlug, name }) => ({
      serverSlug,
      toolName: name,
    }));
    return previewAccess(loaded.config, tools, proposal);
  }

  async health(): Promise<ServerHealth[]> {
    return (await this.#keeper.ready())?.health(() => true) ?? [];
  }

  /** Sends the outbox to the queue, and closes the books on calls whose outcome never came. */
  override async alarm(): Promise<void> {
    this.#clock.woken();
    const loaded = await this.#keeper.ready();
    if (!loaded) return;
    const next = await sendOutbox(
      loaded.ledger,
      loaded.config.workspace.slug,
      this.env.AUDIT_QUEUE,
    );
    if (next !== null) await this.#clock.scheduleAlarm(next);
  }

  async #server(slug: string): Promise<ServerRecord | undefined> {
    return (await this.#keeper.ready())?.serverBySlug(slug);
  }

  /** The first look at a new or changed server, as far as it is done within the merge budget. */
  async #checkWithin(slug: string): Promise<ServerCheck | null> {
    const check = await withTimeout(this.checkServer(slug), budgetsOf(this.env).mergeMs);
    return check === "late" ? null : check;
  }
}
