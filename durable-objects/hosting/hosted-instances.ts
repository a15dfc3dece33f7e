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

/** A host responds after at most 50 s, even if the start is not complete: pulling an image can take minutes. */
const MAX_DEPLOY_REQUESTS = 6;
/** Error codes of one host after which another host is tried. */
const TRY_OTHER_HOST = new Set([
  "unreachable",
  "host_draining",
  "host_full",
  "host_unsafe",
  "engine_unavailable",
  "host_starting",
  "unknown_catalogue_entry",
]);
const MIB = 1024 * 1024;

const NO_HOST: DeploymentReason = {
  code: "no_host",
  message:
    "No container host can run this server now: a host must be registered, respond, have the server's image, pass its checks, and not be draining. Ask the operator, then restart the server.",
};
const HOST_GONE: DeploymentReason = {
  code: "host_unreachable",
  message:
    "Its container host does not respond. The server comes back with the host; a restart moves it to another host, if there is one.",
};

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

  constructor(replica: ConfigReplica, env: Env, events: Events) {
    this.#replica = replica;
    this.#env = env;
    this.#db = openDb(env.DB);
    this.#events = events;
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
      }
    }
  }

  async #start(id: string, forceRestart: boolean): Promise<void> {
    const instance = this.#find(id);
    const workspace = this.#replica.loaded?.config.workspace;
    if (!instance || !workspace) return;
    const variables = await this.#credentials.variablesOf(workspace, instance);
    if (!variables) return this.#fail(id, CREDENTIALS_UNREADABLE);
    const { catalogueId, profile } = instance;
    const ids = { workspaceId: workspace.id, instanceId: id, forceRestart };
    const hosts = await listHosts(this.#db);
    const current = hosts.find((host) => host.id === instance.hostId);
    let refusal = current?.problem ? HOST_GONE : NO_HOST;
    for (const host of chooseHosts(hosts, instance)) {
      const placement = await this.#change({ type: "instance.place", id, hostId: host.id });
      if (!placement.ok) return;
      const [deployment] = await Promise.all([
        this.#deploy(host, ids, { catalogueId, profile, variables }),
        reserveMemory(this.#db, host.id, PROFILES[profile].memoryMb * MIB),
      ]);
      if (deployment.ok) {
        await this.#finishStart(host, hosts, ids.workspaceId, instance, deployment.value);
        return;
      }
      refusal = { code: "host_refused", message: deployment.message };
      if (!TRY_OTHER_HOST.has(deployment.code)) break;
    }
    await this.#fail(id, refusal);
  }

  /** Requests a deployment until it runs, has failed, or the maximum of requests is reached. */
  async #deploy(
    host: HostRecord,
    ids: { workspaceId: string; instanceId: string; forceRestart: boolean },
    request: Parameters<typeof deployInstance>[3],
  ): Promise<HostResponse<Instance>> {
    let response = await deployInstance(this.#env, host, ids, request);
    for (let sent = 1; sent < MAX_DEPLOY_REQUESTS; sent++) {
      if (!response.ok || !isStarting(response.value)) break;
      response = await deployInstance(this.#env, host, { ...ids, forceRestart: false }, request);
    }
    return response;
  }

  /** Stores the report of a started instance, and removes it from its previous host. */
  async #finishStart(
    host: HostRecord,
    hosts: HostRecord[],
    workspaceId: string,
    before: InstanceRecord,
    report: Instance,
  ): Promise<void> {
    const { id } = before;
    const observed = await this.#observe(id, toObservation(report), host);
    // It was terminated during the start, or its workspace was deleted.
    if (!observed.ok) return this.#removeFromHost(host, workspaceId, id);
    const old = hosts.find((candidate) => candidate.id === before.hostId);
    if (old && old.id !== host.id) await this.#removeFromHost(old, workspaceId, id);
    const serverId = this.#findServerId(id);
    if (report.state === "running" && serverId !== undefined)
      await this.#events.onRunning(serverId);
  }

  #fail(id: string, reason: DeploymentReason): Promise<void> {
    const observation = {
      state: "failed",
      reason,
      health: "unknown",
      runningAt: null,
      restarts: 0,
    } as const;
    return this.#observe(id, observation, null).then(() => undefined);
  }

  #observe(
    id: string,
    { state, reason, health, runningAt, restarts }: InstanceObservation,
    host: HostRecord | null,
  ): Promise<ChangeResult<"instance.observe">> {
    const observation = { state, reason, health, runningAt, restarts };
    const url = host && new URL(`/v1/instances/${id}/mcp`, host.url).href;
    return this.#change({ type: "instance.observe", id, observation, url });
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

const CREDENTIALS_UNREADABLE: DeploymentReason = {
  code: "credential_unreadable",
  message: "The stored credentials cannot be decrypted: restart it with new ones.",
};

function isStarting({ state }: Instance): boolean {
  return state === "pending" || state === "starting";
}

/** Whether an instance without a start in progress needs one. One that failed by its own fault waits for a restart. */
function mustStart({ state, reason }: InstanceRecord, seen: InstanceReport["seen"]): boolean {
  if (seen === "unreachable") return state === "pending" || state === "starting";
  if (seen === "missing")
    return state !== "failed" || reason?.code === "host_unreachable" || reason?.code === "no_host";
  return seen.reason?.code === "variables_needed";
}
