import { DurableObject } from "cloudflare:workers";
import type {
  AdmitRequest,
  ClientIdentity,
  ClientResponseRequest,
  Endpoint,
  ReauthorizeRequest,
} from "../workers/contract/rpc/admission.ts";
import type { ChangeResult, Command, CommandType } from "../workers/contract/rpc/commands.ts";
import type { CallLease, CallOrigin, LeaseResult } from "../workers/contract/rpc/suspended-call.ts";
import type { ListedTool, ServerCheck } from "../workers/contract/rpc/tool-catalogue.ts";
import type { WorkspaceRpc } from "../workers/contract/rpc/workspace-rpc.ts";
import { openDb } from "../workers/db/database.ts";
import type { Env } from "../workers/runtime/env.ts";
import { loadedWorkspaces } from "../workers/runtime/loaded-workspaces.ts";
import { logEvent } from "../workers/runtime/log.ts";
import { budgetsOf } from "../workers/runtime/settings.ts";
import { orNull } from "../workers/runtime/with-timeout.ts";
import { ClientRequests } from "./admission/client-requests.ts";
import { explainMemberAccess, suggestMemberAccess } from "./admission/explained-access.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { listAlarmTasks } from "./alarm-tasks.ts";
import { FlushScheduler } from "./audit/flush-scheduler.ts";
import { readBacklog, stopCallLog } from "./audit/outbox.ts";
import { CallWatches } from "./calls/call-watches.ts";
import { makeChangeEffects, makeChangeRunner, type ChangeRunner } from "./change-effects.ts";
import { checkServer } from "./check-servers.ts";
import { listContractStates } from "./contracts/contract-state.ts";
import { readChangedFiles } from "./contracts/skill-files.ts";
import { findAccounts } from "./credentials/accounts.ts";
import { PendingResponses } from "./elicitation/pending-responses.ts";
import { HostedInstances } from "./hosting/hosted-instances.ts";
import { NotificationStreams } from "./notifications/notification-streams.ts";
import { ConfigReplica } from "./replica/config-replica.ts";
import { nextRuleEnd } from "./rule-ends.ts";
import * as queries from "./workspace-queries.ts";

/** The Durable Object of one workspace. Its RPC methods are documented in `WorkspaceRpc`. */
export class Workspace extends DurableObject<Env> implements WorkspaceRpc {
  readonly #replica: ConfigReplica;
  readonly #pendingResponses = new PendingResponses();
  readonly #callWatches = new CallWatches(() => this.#replica.loaded);
  readonly #alarm: AlarmClock;
  readonly #flushScheduler: FlushScheduler;
  readonly #streams: NotificationStreams;
  readonly #hosted: HostedInstances;
  readonly #runChange: ChangeRunner;
  readonly #clientRequests: ClientRequests;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const tasks = listAlarmTasks(ctx, env, () => this.#handleChange());
    this.#alarm = new AlarmClock({ ctx, tasks, load: () => this.#replica.load() });
    this.#replica = new ConfigReplica(ctx, env, (loaded) => {
      loadedWorkspaces.add(loaded.config.workspace.slug);
      loaded.setChangeListener(() => this.#handleChange());
      ctx.waitUntil(this.#alarm.handleLoad(loaded));
    });
    this.#flushScheduler = new FlushScheduler(ctx, this.#alarm, () => this.#replica.loaded);
    this.#streams = new NotificationStreams(ctx, this.#replica);
    const [replica, flushScheduler] = [this.#replica, this.#flushScheduler];
    this.#clientRequests = new ClientRequests({ ctx, env, replica, flushScheduler });
    const check = (id: string) => orNull(this.checkServer(id), budgetsOf(env).mergeMs);
    this.#hosted = new HostedInstances(this.#replica, env, { onRunning: check });
    const effects = makeChangeEffects(ctx, this.#replica, this.#hosted, this.#streams, check);
    this.#runChange = makeChangeRunner(ctx, this.#replica, effects, () => this.#handleChange());
  }

  async admit(request: AdmitRequest): Promise<string> {
    return JSON.stringify(await this.#clientRequests.admit(request, this.#streams));
  }

  authenticate(client: ClientIdentity) {
    return this.#clientRequests.run((control, now) => control.authenticate(client, now));
  }

  listVisibleHealth(client: ClientIdentity) {
    return this.#clientRequests.run((control, now) => control.listVisibleHealth(client, now));
  }

  listRegistry(client: ClientIdentity) {
    return this.#clientRequests.run((control, now) => control.listRegistry(client, now));
  }

  routeClientResponse(request: ClientResponseRequest) {
    return this.#clientRequests.run((control, now) => control.routeClientResponse(request, now));
  }

  async reauthorize(request: ReauthorizeRequest): Promise<Endpoint | null> {
    const loaded = await this.#replica.tryLoad();
    return loaded && this.#clientRequests.controlFor(loaded).reauthorize(request, Date.now());
  }

  async watchCall(...[request]: Parameters<WorkspaceRpc["watchCall"]>) {
    await this.#replica.tryLoad();
    return this.#callWatches.watch(request);
  }

  cancelCall(call: string): void {
    this.#callWatches.cancel(call);
  }

  /** Accepts the WebSocket of a notification stream. */
  override fetch(): Response {
    return this.#streams.accept();
  }

  override async webSocketMessage(socket: WebSocket, message: string): Promise<void> {
    await this.#streams.handleMessage(socket, message);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    await this.#streams.handleClose(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#streams.handleClose(socket);
  }

  async reportListChanged(...[id, list]: Parameters<WorkspaceRpc["reportListChanged"]>) {
    await this.#replica.tryLoad();
    this.#streams.handleListChanged(id, list);
  }

  #handleChange(): void {
    this.#callWatches.recheck();
    this.#streams.notifyChanged();
    this.ctx.waitUntil(this.#alarm.schedule(nextRuleEnd(this.#replica.loaded, Date.now())));
  }

  async recordOutcomes(life: string, outcomes: string): Promise<void> {
    const loaded = await this.#replica.load();
    if (loaded === "unavailable") throw new Error("The workspace cannot be loaded now");
    // When a workspace is deleted, its calls in flight are recorded as unknown.
    if (loaded === "unknown" || loaded.callLog.life !== life)
      return logEvent({ event: "late_outcomes_dropped", workspace: this.ctx.id.name ?? null });
    this.ctx.storage.transactionSync(() => loaded.recordOutcomes(outcomes));
    await this.#alarm.schedule(Date.now());
  }

  async saveSession(...session: Parameters<WorkspaceRpc["saveSession"]>): Promise<string | null> {
    return queries.chooseSession(await this.#replica.tryLoad(), ...session);
  }

  async acquireCallLease(lease: CallLease, origin: CallOrigin): Promise<LeaseResult | null> {
    return (await this.#replica.tryLoad())?.callLeases.acquire(lease, origin, Date.now()) ?? null;
  }

  async renewCallLease(lease: CallLease): Promise<boolean> {
    return queries.renewLease(await this.#replica.load(), "callLeases", lease);
  }

  async releaseCallLease(holder: string): Promise<void> {
    (await this.#replica.tryLoad())?.callLeases.release(holder);
  }

  async renewHttpSseLease(...[lease]: Parameters<WorkspaceRpc["renewHttpSseLease"]>) {
    return queries.renewLease(await this.#replica.load(), "httpSseLeases", lease);
  }

  deliverClientResponse(box: string, key: string, text: string): void {
    this.#pendingResponses.deliver(box, key, text);
  }

  collectClientResponses(box: string, keys: string[]): Promise<Record<string, string> | null> {
    return this.#pendingResponses.collect(box, keys);
  }

  async change<T extends CommandType>(command: Command<T>, actor: string, id: string | null) {
    return this.#runChange(command, actor, id);
  }

  terminateInstance(id: string, actor: string): Promise<ChangeResult<"instance.delete">> {
    return this.#hosted.terminate(id, actor);
  }

  compareVersion(...[id, version]: Parameters<WorkspaceRpc["compareVersion"]>) {
    return this.#hosted.trials.compare(id, version);
  }

  switchVersion(...[id, input, actor]: Parameters<WorkspaceRpc["switchVersion"]>) {
    return this.#hosted.trials.switch(id, input, actor, this.#runChange);
  }

  reconcileInstances(...[reports]: Parameters<WorkspaceRpc["reconcileInstances"]>) {
    return this.#hosted.reconcile(reports);
  }

  async confirm(life: string, batches: number[]): Promise<void> {
    const loaded = await this.#replica.tryLoad();
    // The batches of the log that is here now have the same numbers.
    if (loaded?.callLog.life !== life)
      return logEvent({ event: "late_confirmation_dropped", workspace: this.ctx.id.name ?? null });
    loaded.callLog.outbox.confirm(batches);
    await this.#alarm.handleDone(loaded);
  }

  /** Loading the workspace sets the alarm. */
  wake(): Promise<void> {
    return this.#replica.rewrapKey();
  }

  async checkServer(serverId: string): Promise<ServerCheck | null> {
    const loaded = await this.#replica.tryLoad();
    if (!loaded) return null;
    const check = await checkServer(loaded, serverId, openDb(this.env.DB));
    await this.#alarm.scheduleTasks(loaded);
    return check;
  }

  async listServerTools(serverId: string): Promise<ListedTool[]> {
    return queries.findServerTools(await this.#replica.tryLoad(), serverId, null);
  }

  async listVisibleTools(serverId: string, viewer: string): Promise<ListedTool[]> {
    return queries.findServerTools(await this.#replica.tryLoad(), serverId, viewer);
  }

  async previewPrefix(serverId: string, prefix: string | null) {
    return (await this.#replica.tryLoad())?.previewPrefix(serverId, prefix) ?? [];
  }

  async renewParamHeaders(serverId: string, tool: string) {
    return queries.fetchParamHeaders(await this.#replica.tryLoad(), serverId, tool);
  }

  async findConnection(serverId: string, caller?: string) {
    return queries.findConnection(await this.#replica.tryLoad(), serverId, caller);
  }

  async reportMissingScopes(serverId: string, scopes: string[], caller?: string) {
    return queries.reportMissingScopes(await this.#replica.tryLoad(), serverId, scopes, caller);
  }

  async listAccounts(...[of]: Parameters<WorkspaceRpc["listAccounts"]>) {
    return findAccounts(await this.#replica.tryLoad(), of);
  }

  async findToolCatalogue(serverId: string) {
    return queries.findServerCatalogue(await this.#replica.tryLoad(), serverId, null);
  }

  async findVisibleCatalogue(serverId: string, viewer: string) {
    return queries.findServerCatalogue(await this.#replica.tryLoad(), serverId, viewer);
  }

  async listContracts(...[id, scope]: Parameters<WorkspaceRpc["listContracts"]>) {
    return listContractStates(await this.#replica.tryLoadAs(id), scope);
  }

  async readSkillFiles(...[id, server, seen]: Parameters<WorkspaceRpc["readSkillFiles"]>) {
    return readChangedFiles(await this.#replica.tryLoadAs(id), openDb(this.env.DB), server, seen);
  }

  async listMemberTools(memberId: string) {
    return queries.findMemberTools(await this.#replica.tryLoad(), memberId);
  }

  async listToolNames(workspaceId: string) {
    return queries.findToolNames(await this.#replica.tryLoadAs(workspaceId));
  }

  async findTokenConnection(memberId: string, tokenId: string) {
    return queries.findTokenConnection(await this.#replica.tryLoad(), memberId, tokenId);
  }

  async previewAccess(...[id, proposal]: Parameters<WorkspaceRpc["previewAccess"]>) {
    return queries.previewAccessChanges(await this.#replica.tryLoadAs(id), proposal);
  }

  async explainAccess(...[id, question]: Parameters<WorkspaceRpc["explainAccess"]>) {
    return explainMemberAccess(await this.#replica.tryLoadAs(id), question, Date.now());
  }

  async suggestAccess(...[id, use]: Parameters<WorkspaceRpc["suggestAccess"]>) {
    return suggestMemberAccess(await this.#replica.tryLoadAs(id), use, Date.now());
  }

  async listServerHealth(workspaceId: string, viewer: string | null) {
    return queries.findServerHealth(await this.#replica.tryLoadAs(workspaceId), viewer);
  }

  readConfiguration(workspaceId: string) {
    return this.#replica.readConfiguration(workspaceId);
  }

  async readAuditBacklog() {
    return readBacklog(await this.#replica.tryLoad());
  }

  async stop(startedAt: number, isLast: boolean): Promise<number> {
    return stopCallLog(await this.#replica.tryLoad(), this.ctx, this.env, { startedAt, isLast });
  }

  override async alarm(): Promise<void> {
    await this.#alarm.ring();
  }
}
