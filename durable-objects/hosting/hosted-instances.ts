import { PROFILES, type Instance } from "../../workers/contract/hosting/host-protocol.ts";
import type { HostRecord } from "../../workers/contract/hosting/hosts.ts";
import type { InstanceReport } from "../../workers/contract/hosting/instances.ts";
import {
  toObservation,
  type DeploymentReason,
  type InstanceObservation,
  type InstanceRecord,
} from "../../workers/contract/hosting/instances.ts";
import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { ChangeResult, Command, CommandType } from "../../workers/contract/rpc/commands.ts";
import { openDb, type Db } from "../../workers/db/database.ts";
import { findHost, listHosts, reserveMemory } from "../../workers/db/hosts.ts";
import { recordUsage } from "../../workers/db/instances.ts";
import {
  deployInstance,
  findHostedInstance,
  removeInstance,
  type HostResponse,
} from "../../workers/hosting/host-client.ts";
import { chooseHosts } from "../../workers/hosting/placement.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import { Credentials } from "../credentials/credentials.ts";
import type { ConfigReplica } from "../replica/config-replica.ts";
import {
  canTryOtherHost,
  CREDENTIALS_UNREADABLE,
  decideNextStep,
  HOST_GONE,
  isStarting,
  mustStart,
  NO_HOST,
  RETRY_DELAYS_MS,
  toBusyReason,
  toVersion,
  type Attempt,
} from "./start-decisions.ts";
import { VersionTrials } from "./version-trials.ts";

/** A host responds after at most 50 s, even if the start is not complete: pulling an image can take minutes. */
const MAX_DEPLOY_REQUESTS = 6;
/** A host responds after 5 s while the instance waits for other starts there. Afterwards the cron observes it. */
const MAX_QUEUED_REQUESTS = 120;
const MIB = 1024 * 1024;

const NOT_STARTED = { health: "unknown", runningAt: null, restarts: 0 } as const;

interface Events {
  /** Called when an instance has started. Its host can be another one than before. */
  onRunning: (serverId: string) => Promise<unknown>;
}

/**
 * Starts, observes and removes the workspace's instances on container hosts. Starts in progress are only in memory:
 * after an eviction `reconcile`, called by the cron, starts them again.
 */
export class HostedInstances {
  readonly #replica: ConfigReplica;
  readonly #env: Env;
  readonly #db: Db;
  readonly #events: Events;
  readonly #credentials: Credentials;
  /** Starts in progress, by instance id. */
  readonly #starts = new Map<string, Promise<void>>();
  readonly trials: VersionTrials;

  constructor(replica: ConfigReplica, env: Env, events: Events) {
    this.#replica = replica;
    this.#env = env;
    this.#db = openDb(env.DB);
    this.#events = events;
    this.trials = new VersionTrials(replica, env);
    this.#credentials = new Credentials(() => env.MCPNEST_MASTER_KEYS);
  }

  /** Starts a new instance. Never rejects. */
  start(id: string): Promise<void> {
    return this.#enqueueStart(id, false);
  }

  /** Starts an instance again, even if it runs. Never rejects. */
  restart(id: string): Promise<void> {
    return this.#enqueueStart(id, true);
  }

  /** Starts an instance after the start in progress, if there is one; `forceRestart`: even if it runs. Never rejects. */
  #enqueueStart(id: string, forceRestart: boolean): Promise<void> {
    const start = (this.#starts.get(id) ?? Promise.resolve())
      .then(() => this.#start(id, forceRestart))
      .catch((error: unknown) => logFailure("instance_start_failed", error, { instance: id }))
      .finally(() => {
        if (this.#starts.get(id) === start) this.#starts.delete(id);
      });
    this.#starts.set(id, start);
    return start;
  }

  /** Deletes the instance and its server from the configuration, then everything of it from its host. */
  async terminate(id: string, actor: string): Promise<ChangeResult<"instance.delete">> {
    await this.#replica.tryLoad();
    const instance = this.#find(id);
    const workspaceId = this.#replica.loaded?.config.workspace.id ?? "";
    const host = instance?.hostId ? await findHost(this.#db, instance.hostId) : undefined;
    if (host) await this.#recordLastUsage(host, workspaceId, id);
    const outcome = await this.#replica.change({ type: "instance.delete", id }, actor);
    if (outcome.ok && host) await this.#removeFromHost(host, workspaceId, id);
    return outcome;
  }

  /**
   * Removes all instances of a deleted workspace from their hosts. Never rejects: hosts also remove unknown instances.
   */
  async removeAll({ workspace, instances }: WorkspaceConfig): Promise<void> {
    if (instances.size === 0) return;
    try {
      const hosts = await listHosts(this.#db);
      await Promise.all(
        [...instances.values()].map(async ({ id, hostId }) => {
          const host = hosts.find((candidate) => candidate.id === hostId);
          if (host) await this.#removeFromHost(host, workspace.id, id);
        }),
      );
    } catch (error) {
      logFailure("instances_not_removed", error, { workspace: workspace.id });
    }
  }

  /** Applies the hosts' reports, and starts instances that should run and do not. */
  async reconcile(reports: InstanceReport[]): Promise<void> {
    await this.#replica.tryLoad();
    for (const { id, hostId, seen, at } of reports) {
      const instance = this.#find(id);
      if (!instance || instance.hostId !== hostId || this.#starts.has(id)) continue;
      // The report is older than the instance's last start.
      if ((instance.runningAt ?? instance.createdAt) > at) continue;
      if (mustStart(instance, seen)) void this.start(id);
      else if (seen === "unreachable") {
        if (instance.state === "running")
          await this.#observe(id, { ...instance, health: "unhealthy", reason: HOST_GONE }, null);
      } else if (seen !== "missing") {
        const host = hostId === null ? undefined : await findHost(this.#db, hostId);
        await this.#observe(id, toObservation(seen), host ?? null);
        if (isStarting(instance)) await this.#announceIfRunning(id, seen);
      }
    }
  }

  /** Tries to start the instance; again, with growing pauses, while the refusals are temporary. */
  async #start(id: string, forceRestart: boolean): Promise<void> {
    const previousHostId = this.#find(id)?.hostId ?? null;
    for (const delayMs of [...RETRY_DELAYS_MS, null]) {
      // A version that does not start is put back at once: meanwhile all calls to its server fail.
      const isLast = delayMs === null || Boolean(this.#find(id)?.versions?.switching);
      const attempt = { previousHostId, forceRestart, isLast };
      const refusal = await this.#tryHosts(id, attempt);
      if (refusal === null) return;
      await this.#observe(id, { ...NOT_STARTED, state: "starting", reason: refusal }, null);
      // Instances that were refused together must not come back together.
      if (delayMs !== null) await scheduler.wait(delayMs * (0.75 + Math.random() / 2));
    }
  }

  /** Starts the instance on the first host that accepts it. Not null: all refused for now, with the reason. */
  async #tryHosts(
    id: string,
    { previousHostId, forceRestart, isLast }: Attempt,
  ): Promise<DeploymentReason | null> {
    const instance = this.#find(id);
    const workspace = this.#replica.loaded?.config.workspace;
    if (!instance || !workspace) return null;
    const variables = await this.#credentials.variablesOf(workspace, instance);
    if (!variables) return this.#fail(id, CREDENTIALS_UNREADABLE);
    const { catalogueId, profile } = instance;
    const request = { catalogueId, profile, variables, ...toVersion(instance) };
    const ids = { workspaceId: workspace.id, instanceId: id, forceRestart };
    const hosts = await listHosts(this.#db);
    const current = hosts.find((host) => host.id === instance.hostId);
    let refusal = current?.problem ? HOST_GONE : NO_HOST;
    let retryReason: DeploymentReason | null = null;
    for (const host of chooseHosts(hosts, instance)) {
      if (!(await this.#place(id, host.id))) return null;
      const [deployment] = await Promise.all([
        this.#deploy(host, ids, request),
        reserveMemory(this.#db, host.id, PROFILES[profile].memoryMb * MIB),
      ]);
      const next = decideNextStep(deployment);
      if (deployment.ok && (next === "finish" || isLast)) {
        await this.#finishStart(host, ids, deployment.value);
        const previous = hosts.find((one) => one.id === previousHostId && one.id !== host.id);
        if (previous) await this.#removeFromHost(previous, ids.workspaceId, id);
        return null;
      }
      const message = deployment.ok ? (deployment.value.reason?.message ?? "") : deployment.message;
      refusal = { code: "host_refused", message };
      if (next !== "fail") retryReason ??= toBusyReason(message);
      if (!canTryOtherHost(deployment)) break;
    }
    return retryReason ?? this.#fail(id, refusal);
  }

  /** Assigns the instance to the host, before the host gets it. False: it was terminated. */
  async #place(id: string, hostId: string): Promise<boolean> {
    const instance = this.#find(id);
    // A further attempt changes nothing.
    if (instance?.hostId === hostId && instance.state === "starting") return true;
    return (await this.#change({ type: "instance.place", id, hostId })).ok;
  }

  /** Requests a deployment until it runs, has failed, or the maximum of requests is reached. */
  async #deploy(
    host: HostRecord,
    ids: { workspaceId: string; instanceId: string; forceRestart: boolean },
    request: Parameters<typeof deployInstance>[3],
  ): Promise<HostResponse<Instance>> {
    let response = await deployInstance(this.#env, host, ids, request);
    let [sent, queued] = [1, 0];
    while (response.ok && isStarting(response.value)) {
      if (response.value.reason?.code === "queued") queued += 1;
      else sent += 1;
      if (sent > MAX_DEPLOY_REQUESTS || queued > MAX_QUEUED_REQUESTS) break;
      const observed = await this.#observe(ids.instanceId, toObservation(response.value), null);
      // It was terminated meanwhile; `#finishStart` removes it from the host.
      if (!observed.ok) break;
      response = await deployInstance(this.#env, host, { ...ids, forceRestart: false }, request);
    }
    return response;
  }

  /** Stores the report of a started instance. */
  async #finishStart(
    host: HostRecord,
    { workspaceId, instanceId }: { workspaceId: string; instanceId: string },
    report: Instance,
  ): Promise<void> {
    const observed = await this.#observe(instanceId, toObservation(report), host);
    // It was terminated during the start, or its workspace was deleted.
    if (!observed.ok) return this.#removeFromHost(host, workspaceId, instanceId);
    await this.#announceIfRunning(instanceId, report);
  }

  async #announceIfRunning(id: string, { state }: Instance): Promise<void> {
    const serverId = this.#findServerId(id);
    if (state === "running" && serverId !== undefined) await this.#events.onRunning(serverId);
  }

  async #fail(id: string, reason: DeploymentReason): Promise<null> {
    await this.#observe(id, { ...NOT_STARTED, state: "failed", reason }, null);
    return null;
  }

  async #observe(
    id: string,
    { state, reason, health, runningAt, restarts }: InstanceObservation,
    host: HostRecord | null,
  ): Promise<ChangeResult<"instance.observe">> {
    const observation = { state, reason, health, runningAt, restarts };
    const url = host && new URL(`/v1/instances/${id}/mcp`, host.url).href;
    const observed = await this.#change({ type: "instance.observe", id, observation, url });
    if (state === "failed" && this.#find(id)?.versions?.switching) {
      const message = reason?.message ?? "It did not start.";
      const back = await this.#change({ type: "instance.put-back", id, message });
      if (back.ok) void this.restart(id);
    }
    return observed;
  }

  async #removeFromHost(host: HostRecord, workspaceId: string, id: string): Promise<void> {
    const removal = await removeInstance(this.#env, host, {
      workspaceId: workspaceId,
      instanceId: id,
    });
    if (!removal.ok) logEvent({ event: "instance_not_removed", host: host.id, instance: id });
  }

  async #recordLastUsage(host: HostRecord, workspaceId: string, id: string): Promise<void> {
    const last = await findHostedInstance(this.#env, host, {
      workspaceId: workspaceId,
      instanceId: id,
    });
    if (!last.ok) return;
    await recordUsage(this.#db, host.id, last.value, Date.now()).catch((error: unknown) =>
      logFailure("usage_not_recorded", error, { instance: id }),
    );
  }

  #change<T extends CommandType>(command: Command<T>): Promise<ChangeResult<T>> {
    return this.#replica.change(command, "system");
  }

  #find(id: string): InstanceRecord | undefined {
    return this.#replica.loaded?.config.instances.get(id);
  }

  #findServerId(instanceId: string): string | undefined {
    const servers = this.#replica.loaded?.config.servers.values() ?? [];
    return [...servers].find(({ hosted }) => hosted?.instanceId === instanceId)?.id;
  }
}
