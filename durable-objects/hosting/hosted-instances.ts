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
import type { Command, ChangeResult } from "../../workers/contract/rpc/commands.ts";
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
import { logEvent } from "../../workers/runtime/log.ts";
import { Credentials } from "../credentials/credentials.ts";
import type { ConfigReplica } from "../replica/config-replica.ts";

/** A host answers after 50 s as it is by then; a start that needs an image may take longer. */
const MAX_ASKS = 6;
/** With these another host may do what this one cannot. */
const ELSEWHERE = new Set([
  "unreachable",
  "host_draining",
  "host_full",
  "engine_unavailable",
  "host_starting",
  "unknown_catalogue_entry",
]);
const MIB = 1024 * 1024;

const NO_HOST: DeploymentReason = {
  code: "no_host",
  message:
    "No container host takes this server now: hosts must be registered, answer, not be draining and have its image. Ask the operator, then restart it.",
};
const HOST_GONE: DeploymentReason = {
  code: "host_unreachable",
  message:
    "Its container host does not answer. It is back when the host is; a restart moves it to another host, if there is one.",
};

interface Events {
  /** An instance runs, perhaps on another host than before. */
  onRunning: (slug: string) => Promise<unknown>;
}

/** Has container hosts run the workspace's instances. What is under way lives in memory; the cron picks up what was lost. */
export class HostedInstances {
  readonly #keeper: ConfigReplica;
  readonly #env: Env;
  readonly #db: Db;
  readonly #events: Events;
  readonly #credentials: Credentials;
  readonly #jobs = new Map<string, Promise<void>>();

  constructor(keeper: ConfigReplica, env: Env, events: Events) {
    this.#keeper = keeper;
    this.#env = env;
    this.#db = openDb(env.DB);
    this.#events = events;
    this.#credentials = new Credentials(() => env.MCPNEST_MASTER_KEYS);
  }

  /** Does on container hosts what a change that is carried out calls for; `before`: the workspace as it was. */
  async follow(
    command: Command,
    outcome: ChangeResult,
    before: WorkspaceConfig | undefined,
  ): Promise<void> {
    if (!outcome.ok) return;
    const isCreated = command.type === "instance.create";
    if ((isCreated || command.type === "instance.restart") && "instance" in outcome.result)
      await this.#startNext(outcome.result.instance.id, !isCreated);
    if (command.type === "workspace.delete" && before)
      await this.#removeAll(before.workspace.id, [...before.instances.values()]);
  }

  /** Starts an instance on a host that takes it; `anew`: even if it runs. One start at a time. Never rejects. */
  #startNext(id: string, anew: boolean): Promise<void> {
    const job = (this.#jobs.get(id) ?? Promise.resolve())
      .then(() => this.#start(id, anew))
      .catch(() => logEvent({ event: "instance_start_failed", instance: id }))
      .finally(() => {
        if (this.#jobs.get(id) === job) this.#jobs.delete(id);
      });
    this.#jobs.set(id, job);
    return job;
  }

  /** Takes the instance and its server off the record, then everything of it off its host. */
  async terminate(id: string, actor: string): Promise<ChangeResult<"instance.delete">> {
    const instance = this.#find(id);
    const host = instance?.hostId ? await findHost(this.#db, instance.hostId) : undefined;
    if (host) await this.#recordLastUsage(host, id);
    const outcome = await this.#keeper.change({ type: "instance.delete", id }, actor);
    if (outcome.ok && host) await this.#remove(host, id);
    // A command is answered with its own result.
    return outcome as ChangeResult<"instance.delete">;
  }

  /** Removes instances of a workspace that is gone from their hosts. */
  async #removeAll(workspaceId: string, instances: InstanceRecord[]): Promise<void> {
    if (instances.length === 0) return;
    const hosts = await listHosts(this.#db);
    await Promise.all(
      instances.map(async ({ id, hostId }) => {
        const host = hosts.find((candidate) => candidate.id === hostId);
        if (host) await removeInstance(this.#env, host, workspaceId, id);
      }),
    );
  }

  /** Takes over what hosts say, and starts what should run and does not. */
  async reconcile(reports: InstanceReport[]): Promise<void> {
    for (const { id, hostId, seen, at } of reports) {
      const instance = this.#find(id);
      if (!instance || instance.hostId !== hostId || this.#jobs.has(id)) continue;
      // What came up since then was not there to be seen.
      if ((instance.runningAt ?? instance.createdAt) > at) continue;
      if (isToStart(instance, seen)) void this.#startNext(id, false);
      else if (seen === "unreachable") {
        if (instance.state === "running")
          await this.#observe(id, { ...instance, health: "unhealthy", reason: HOST_GONE }, null);
      } else if (seen !== "missing") {
        const host = hostId === null ? undefined : await findHost(this.#db, hostId);
        await this.#observe(id, toObservation(seen), host ?? null);
      }
    }
  }

  async #start(id: string, anew: boolean): Promise<void> {
    const instance = this.#find(id);
    const workspace = this.#keeper.loaded?.config.workspace;
    if (!instance || !workspace) return;
    const variables = await this.#credentials.variablesOf(workspace, instance);
    if (!variables) return this.#fail(id, UNREADABLE);
    const { catalogueId, profile } = instance;
    const ids = { workspaceId: workspace.id, instanceId: id, anew };
    const hosts = await listHosts(this.#db);
    const current = hosts.find((host) => host.id === instance.hostId);
    let refusal = current?.problem ? HOST_GONE : NO_HOST;
    for (const host of chooseHosts(hosts, instance)) {
      const placed = await this.#change({ type: "instance.place", id, hostId: host.id });
      if (!placed.ok) return;
      const [answer] = await Promise.all([
        this.#deploy(host, ids, { catalogueId, profile, variables }),
        reserveMemory(this.#db, host.id, PROFILES[profile].memoryMb * MIB),
      ]);
      if (answer.ok) {
        await this.#took(host, hosts, instance, answer.value);
        return;
      }
      refusal = { code: "host_refused", message: answer.message };
      if (!ELSEWHERE.has(answer.code)) break;
    }
    await this.#fail(id, refusal);
  }

  async #deploy(
    host: HostRecord,
    ids: { workspaceId: string; instanceId: string; anew: boolean },
    request: Parameters<typeof deployInstance>[3],
  ): Promise<HostResponse<Instance>> {
    let answer = await deployInstance(this.#env, host, ids, request);
    for (let asks = 1; asks < MAX_ASKS && answer.ok && isUnderWay(answer.value); asks++) {
      answer = await deployInstance(this.#env, host, { ...ids, anew: false }, request);
    }
    return answer;
  }

  async #took(
    host: HostRecord,
    hosts: HostRecord[],
    before: InstanceRecord,
    seen: Instance,
  ): Promise<void> {
    const { id } = before;
    const observed = await this.#observe(id, toObservation(seen), host);
    // Terminated while it was started.
    if (!observed.ok) return this.#remove(host, id);
    const old = hosts.find((candidate) => candidate.id === before.hostId);
    if (old && old.id !== host.id) await this.#remove(old, id);
    if (seen.state === "running") await this.#events.onRunning(before.slug);
  }

  #fail(id: string, reason: DeploymentReason): Promise<void> {
    const seen = {
      state: "failed",
      reason,
      health: "unknown",
      runningAt: null,
      restarts: 0,
    } as const;
    return this.#observe(id, seen, null).then(() => undefined);
  }

  #observe(
    id: string,
    { state, reason, health, runningAt, restarts }: InstanceObservation,
    host: HostRecord | null,
  ): Promise<ChangeResult> {
    const seen = { state, reason, health, runningAt, restarts };
    const url = host && new URL(`/v1/instances/${id}/mcp`, host.url).href;
    return this.#change({ type: "instance.observe", id, seen, url });
  }

  /** Also for workspaces that are gone since: then nothing is left to be told. */
  async #remove(host: HostRecord, id: string): Promise<void> {
    const workspaceId = this.#keeper.loaded?.config.workspace.id;
    if (workspaceId === undefined) return;
    const removed = await removeInstance(this.#env, host, workspaceId, id);
    if (!removed.ok) logEvent({ event: "instance_not_removed", host: host.id, instance: id });
  }

  async #recordLastUsage(host: HostRecord, id: string): Promise<void> {
    const workspaceId = this.#keeper.loaded?.config.workspace.id ?? "";
    const last = await findHostedInstance(this.#env, host, workspaceId, id);
    if (last.ok)
      await recordUsage(this.#db, host.id, last.value, Date.now()).catch(() => undefined);
  }

  #change(command: Command): Promise<ChangeResult> {
    return this.#keeper.change(command, "system");
  }

  #find(id: string): InstanceRecord | undefined {
    return this.#keeper.loaded?.config.instances.get(id);
  }
}

const UNREADABLE: DeploymentReason = {
  code: "credential_unreadable",
  message: "The stored credentials cannot be decrypted: restart it with new ones.",
};

function isUnderWay({ state }: Instance): boolean {
  return state === "pending" || state === "starting";
}

/** Whether an instance that no start is under way for needs one. What failed by itself waits to be asked for again. */
function isToStart({ state, reason }: InstanceRecord, seen: InstanceReport["seen"]): boolean {
  if (seen === "unreachable") return state === "pending" || state === "starting";
  if (seen === "missing")
    return state !== "failed" || reason?.code === "host_unreachable" || reason?.code === "no_host";
  return seen.reason?.code === "variables_needed";
}
