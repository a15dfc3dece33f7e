import {
  PROFILES,
  type HostErrorCode,
  type Instance,
  type InstanceRequest,
} from "../../workers/contract/hosting/host-protocol.ts";
import { logEvent } from "../../workers/runtime/log.ts";
import { EngineError, type ManagedContainer } from "../engine/engine.ts";
import {
  FINGERPRINT_LABEL,
  FORWARD_LABEL,
  HAS_VARIABLES_LABEL,
  MANAGED,
  describeOwner,
} from "../engine/labels.ts";
import { toFolderName } from "../packages/package-store.ts";
import type { HostState } from "../state/host-state.ts";
import { readAvailableMemory } from "./available-memory.ts";
import { openBridgeConnection } from "./bridge-connection.ts";
import type { ContainerRun, RunDependencies } from "./container-run.ts";
import { HostedInstance } from "./hosted-instance.ts";
import { deleteOldLogs, InstanceLog } from "./instance-log.ts";
import { parseMetadata, type InstanceMetadata } from "./instance-metadata.ts";
import { decideLaunchPlan, type LaunchPlan, type LaunchContext } from "./launch-plan.ts";

/** Memory that is kept free for the host and the engine. */
const MEMORY_RESERVE_BYTES = 256 * 1024 * 1024;
const MIB = 1024 * 1024;
/** A starting host waits up to 1 s until the servers that it takes over are ready. */
const RESUME_WAIT_MS = 1_000;

/** Why a deployment is refused. */
export type HostRefusal = { ok: false; code: HostErrorCode; message: string };
/** A deployment whose start has begun, or its refusal. */
export type Deployment = { ok: true; instance: HostedInstance } | HostRefusal;

/** All hosted servers of this host. Containers with its owner's label that are not registered here are removed. */
export class InstanceRegistry {
  readonly #dependencies: RunDependencies;
  readonly #launchContext: LaunchContext;
  readonly #state: HostState;
  readonly #logFolder: string;
  readonly #instances = new Map<string, HostedInstance>();
  readonly #fingerprints = new Map<string, string>();
  /** The last change of each instance: changes of one instance run one after the other. */
  readonly #lastChanges = new Map<string, Promise<unknown>>();

  constructor(
    dependencies: RunDependencies,
    launchContext: LaunchContext,
    { state, logFolder }: { state: HostState; logFolder: string },
  ) {
    this.#dependencies = dependencies;
    this.#launchContext = launchContext;
    this.#state = state;
    this.#logFolder = logFolder;
  }

  /** Number of instances. */
  get size(): number {
    return this.#instances.size;
  }

  /** The instance; null: the workspace has no such instance. */
  find(workspaceId: string, instanceId: string): HostedInstance | null {
    const instance = this.#instances.get(instanceId);
    return instance?.metadata.workspaceId === workspaceId ? instance : null;
  }

  /** A workspace's instances; null: all instances. */
  list(workspaceId: string | null): Instance[] {
    return [...this.#instances.values()]
      .filter(({ metadata }) => workspaceId === null || metadata.workspaceId === workspaceId)
      .map((instance) => instance.describe());
  }

  /** The folders of the installed versions that instances use. */
  listPackages(): string[] {
    return [...this.#instances.values()].flatMap(({ metadata: { catalogueId, version } }) => {
      const entry = this.#launchContext.catalogue.get(catalogueId);
      return entry && version !== null ? [toFolderName(entry.package.name, version)] : [];
    });
  }

  /** Name of the npm package of a catalogue entry; undefined: this host does not have the entry. */
  findPackage(catalogueId: string): string | undefined {
    return this.#launchContext.catalogue.get(catalogueId)?.package.name;
  }

  /** Ids of the catalogue entries whose image this host has, or can pull. */
  async listDeployable(): Promise<string[]> {
    const { catalogue, images } = this.#launchContext;
    const usable = new Set<string>();
    for (const [name, { id, pull }] of Object.entries(images)) {
      if (pull !== undefined || (await this.#hasImage(id))) usable.add(name);
    }
    return [...catalogue.values()].filter(({ image }) => usable.has(image)).map(({ id }) => id);
  }

  /** While the engine does not respond, an allowed image counts as present. */
  async #hasImage(id: string): Promise<boolean> {
    try {
      return (await this.#dependencies.engine.findImage(id)) === "present";
    } catch (error) {
      if (error instanceof EngineError) return true;
      throw error;
    }
  }

  /**
   * Creates the instance, or recreates it if its plan has changed. `forceRestart` recreates it in any case. Resolves
   * when the start has begun.
   */
  deploy(
    id: { instanceId: string; workspaceId: string },
    request: InstanceRequest,
    { forceRestart }: { forceRestart: boolean },
  ): Promise<Deployment> {
    return this.#serialize(id.instanceId, async () => {
      const decision = decideLaunchPlan(id, request, this.#launchContext);
      if (!decision.ok) return decision;
      const { plan } = decision;
      const existing = this.#instances.get(id.instanceId);
      const refusal = await this.#findRefusal(plan, existing);
      if (refusal) return refusal;
      if (existing && !forceRestart && !existing.isIdle && this.#isUnchanged(plan)) {
        existing.setPlan(plan);
        return { ok: true, instance: existing };
      }
      const log = existing?.log ?? (await this.#openLog(id.instanceId));
      // No await follows until the start has its place.
      if (!existing && this.#dependencies.startQueue.isFull)
        return refuse("host_busy", "Too many servers wait for their start on this host.");
      if (existing) {
        await existing.keepLog();
        await existing.terminate();
      }
      const instance = new HostedInstance(this.#dependencies, plan, {
        usage: this.#state.getUsage(id.instanceId),
        log,
      });
      this.#instances.set(id.instanceId, instance);
      this.#fingerprints.set(id.instanceId, plan.fingerprint);
      instance.start(plan);
      return { ok: true, instance };
    });
  }

  /** Removes the container and its address, and the network after its last instance. False: no such instance. */
  terminate(workspaceId: string, instanceId: string): Promise<boolean> {
    return this.#serialize(instanceId, async () => {
      const instance = this.find(workspaceId, instanceId);
      if (!instance) return false;
      await instance.terminate();
      const { networks, proxy } = this.#dependencies;
      await networks.detach(workspaceId, instanceId, (address) => proxy.revoke(address));
      this.#instances.delete(instanceId);
      this.#fingerprints.delete(instanceId);
      this.#state.deleteUsage(instanceId);
      await instance.log.delete();
      return true;
    });
  }

  /** Takes over the containers and networks of the host's previous process; removes containers with invalid labels. */
  async reconcile(): Promise<void> {
    const { engine, networks, neighbours } = this.#dependencies;
    const own: ManagedContainer[] = [];
    for (const container of await engine.listContainers(MANAGED)) {
      const { name, labels } = container;
      if (neighbours.isOwn(labels)) own.push(container);
      else logEvent({ event: "container_left_alone", container: name, of: describeOwner(labels) });
    }
    await networks.restore(new Set(own.map(({ network }) => network)));
    for (const container of own) {
      const metadata = parseMetadata(container.labels);
      if (!metadata || container.address === null || this.#instances.has(metadata.instanceId)) {
        logEvent({ event: "container_removed", container: container.containerId });
        await engine.removeContainer(container.containerId);
        continue;
      }
      await this.#adopt(metadata, container, container.address);
    }
    await deleteOldLogs(this.#logFolder, (instanceId) => this.#instances.has(instanceId));
    await networks.removeUnused();
    // Servers that kept running are ready when the API opens.
    const deadline = AbortSignal.timeout(RESUME_WAIT_MS);
    await Promise.all(
      [...this.#instances.values()].map((instance) => instance.waitUntilSettled(deadline)),
    );
  }

  /** Adds the running time until now to every instance's usage. */
  countRunningTime(): void {
    for (const instance of this.#instances.values()) instance.countRunningTime();
  }

  /** Ends supervision and leaves the containers running, for the host's next process. */
  async detach(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((instance) => instance.detach()));
  }

  /** Keeps the last lines of all logs, for an engine whose containers end with the host. */
  async keepLogs(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((instance) => instance.keepLog()));
  }

  #openLog(instanceId: string): Promise<InstanceLog> {
    return InstanceLog.open(this.#logFolder, instanceId, this.#dependencies.engine);
  }

  async #adopt(
    metadata: InstanceMetadata,
    container: ManagedContainer,
    address: string,
  ): Promise<void> {
    const { containerId, labels, isRunning } = container;
    const { instanceId, workspaceId, catalogueId, profile, version } = metadata;
    this.#dependencies.networks.reserve(workspaceId, instanceId, address);
    const instance = new HostedInstance(this.#dependencies, metadata, {
      usage: this.#state.getUsage(instanceId),
      log: await this.#openLog(instanceId),
    });
    this.#instances.set(instanceId, instance);
    this.#fingerprints.set(instanceId, labels[FINGERPRINT_LABEL] ?? "");
    // A container without variables can be restarted from its labels, if its catalogue entry has not changed.
    const request = {
      catalogueId,
      profile,
      variables: {},
      ...(version === null ? {} : { version }),
    };
    const decision = decideLaunchPlan(metadata, request, this.#launchContext);
    const plan = decision.ok && this.#isUnchanged(decision.plan) ? decision.plan : null;
    const isComplete = labels[HAS_VARIABLES_LABEL] === "no" && plan !== null;
    const entry = this.#launchContext.catalogue.get(catalogueId);
    const onBytes = (bytes: number) => {
      instance.usage.egressBytes += bytes;
    };
    const hosts = new Set(entry?.egress);
    // Containers of older versions do not set the label themselves if they have no forward.
    const forwardLabel = entry?.connectsTo === undefined ? "" : (labels[FORWARD_LABEL] ?? "");
    const [forwardHost, port] = forwardLabel.split(":");
    const forward = forwardHost && port ? { host: forwardHost, port: Number(port) } : null;
    this.#dependencies.proxy.grant(address, { instanceId, hosts, forward, onBytes });
    const secret = this.#launchContext.identity.deriveBridgeSecret(instanceId);
    const run: ContainerRun | null = isRunning
      ? { containerId, bridge: openBridgeConnection(address, secret) }
      : null;
    instance.adopt(containerId, run, isComplete ? plan : null);
  }

  #isUnchanged(plan: LaunchPlan): boolean {
    return this.#fingerprints.get(plan.instanceId) === plan.fingerprint;
  }

  /** Null: the plan can be deployed. */
  async #findRefusal(
    plan: LaunchPlan,
    existing: HostedInstance | undefined,
  ): Promise<HostRefusal | null> {
    if (existing && existing.metadata.workspaceId !== plan.workspaceId) {
      return refuse("conflict", "This id belongs to an instance of another workspace.");
    }
    if (existing) return null;
    if (this.#state.isDraining) {
      return refuse(
        "host_draining",
        "This host is draining and accepts no new instances: choose another.",
      );
    }
    const unsafe = this.#dependencies.preflight.refusal;
    if (unsafe !== null) return refuse("host_unsafe", unsafe);
    const needed = PROFILES[plan.profile].memoryMb * MIB + MEMORY_RESERVE_BYTES;
    if ((await readAvailableMemory()) < needed) {
      return refuse("host_full", "This host has not enough free memory: choose another.");
    }
    return null;
  }

  /** Runs the changes of one instance one after the other. */
  #serialize<T>(instanceId: string, change: () => Promise<T>): Promise<T> {
    const done = (this.#lastChanges.get(instanceId) ?? Promise.resolve()).then(change, change);
    this.#lastChanges.set(instanceId, done);
    const deleteEntry = () => {
      if (this.#lastChanges.get(instanceId) === done) this.#lastChanges.delete(instanceId);
    };
    // The caller gets the rejection of `done`.
    done.then(deleteEntry, deleteEntry);
    return done;
  }
}

const refuse = (code: HostErrorCode, message: string): HostRefusal => ({
  ok: false,
  code,
  message,
});
