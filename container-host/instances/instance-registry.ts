import {
  PROFILES,
  Profile,
  type HostErrorCode,
  type Instance,
  type InstanceRequest,
} from "../../workers/contract/hosting/host-protocol.ts";
import type { ManagedContainer } from "../engine/engine.ts";
import {
  CATALOGUE_ID,
  FINGERPRINT,
  FORWARD,
  HAS_VARIABLES,
  INSTANCE,
  PROFILE,
  WORKSPACE,
  managedBy,
} from "../engine/labels.ts";
import { logEvent } from "../log.ts";
import type { HostState } from "../state/host-state.ts";
import { availableMemory } from "./available-memory.ts";
import { openBridge } from "./bridge-connection.ts";
import type { Run, Runner } from "./container-run.ts";
import { HostedInstance } from "./hosted-instance.ts";
import { decideLaunch, type Launch, type LaunchContext, type LaunchFacts } from "./launch-plan.ts";

/** Kept for the host itself. */
const MEMORY_RESERVE_BYTES = 256 * 1024 * 1024;
const MIB = 1024 * 1024;
/** How long a starting host waits for the servers that it takes over. */
const RESUME_WAIT_MS = 1_000;

export type Refusal = { ok: false; code: HostErrorCode; message: string };
export type Deployment = { ok: true; instance: HostedInstance } | Refusal;

/** All hosted servers of this host. What the engine holds under this host's labels and is not here does not stay. */
export class Instances {
  readonly #runner: Runner;
  readonly #context: LaunchContext;
  readonly #state: HostState;
  readonly #instances = new Map<string, HostedInstance>();
  readonly #fingerprints = new Map<string, string>();
  /** The last change of each instance: changes of one instance follow each other. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(runner: Runner, context: LaunchContext, state: HostState) {
    this.#runner = runner;
    this.#context = context;
    this.#state = state;
  }

  get size(): number {
    return this.#instances.size;
  }

  /** The instance, if the workspace has it. */
  find(workspaceId: string, instanceId: string): HostedInstance | null {
    const instance = this.#instances.get(instanceId);
    return instance?.facts.workspaceId === workspaceId ? instance : null;
  }

  /** A workspace's instances, or all. */
  list(workspaceId: string | null): Instance[] {
    return [...this.#instances.values()]
      .filter(({ facts }) => workspaceId === null || facts.workspaceId === workspaceId)
      .map((instance) => instance.describe());
  }

  /** Catalogue entries that this host can deploy. */
  get catalogueIds(): string[] {
    const { catalogue, images } = this.#context;
    return [...catalogue.values()].filter(({ image }) => images[image]).map(({ id }) => id);
  }

  /**
   * Makes it so: starts the instance unless it runs with exactly this. `anew` starts it in any case. Answers when the
   * start has begun.
   */
  deploy(
    id: { instanceId: string; workspaceId: string },
    request: InstanceRequest,
    anew: boolean,
  ): Promise<Deployment> {
    return this.#inOrder(id.instanceId, async () => {
      const decision = decideLaunch(id, request, this.#context);
      if (!decision.ok) return decision;
      const { launch } = decision;
      const present = this.#instances.get(id.instanceId);
      const refusal = await this.#findRefusal(launch, present);
      if (refusal) return refusal;
      if (present && !anew && !present.isIdle && this.#isSame(launch)) {
        present.remember(launch);
        return { ok: true, instance: present };
      }
      if (present) await present.terminate();
      const instance = new HostedInstance(this.#runner, launch, this.#state.usageOf(id.instanceId));
      this.#instances.set(id.instanceId, instance);
      this.#fingerprints.set(id.instanceId, launch.fingerprint);
      instance.start(launch);
      return { ok: true, instance };
    });
  }

  /** Removes the container, its place in the network, and the network after its last instance. False: there is none. */
  terminate(workspaceId: string, instanceId: string): Promise<boolean> {
    return this.#inOrder(instanceId, async () => {
      const instance = this.find(workspaceId, instanceId);
      if (!instance) return false;
      await instance.terminate();
      const { networks, proxy } = this.#runner;
      await networks.leave(workspaceId, instanceId, (address) => proxy.revoke(address));
      this.#instances.delete(instanceId);
      this.#fingerprints.delete(instanceId);
      this.#state.forget(instanceId);
      return true;
    });
  }

  /** Takes over what an earlier run of the host left in the engine, and removes what is not understood. */
  async reconcile(): Promise<void> {
    const { engine, networks, hostId } = this.#runner;
    await networks.restore();
    for (const container of await engine.listContainers(managedBy(hostId))) {
      const facts = parseFacts(container.labels);
      if (!facts || container.address === null || this.#instances.has(facts.instanceId)) {
        logEvent({ event: "container_removed", container: container.containerId });
        await engine.removeContainer(container.containerId);
        continue;
      }
      this.#adopt(facts, container, container.address);
    }
    await networks.prune();
    // Servers that ran on are callable again when the host is.
    const soon = AbortSignal.timeout(RESUME_WAIT_MS);
    await Promise.all([...this.#instances.values()].map((instance) => instance.settled(soon)));
  }

  /** Counts running time up to now in every instance's sums. */
  countRunningTime(): void {
    for (const instance of this.#instances.values()) instance.countRunningTime();
  }

  /** Ends supervision; containers run on for the next run of the host. */
  async release(): Promise<void> {
    await Promise.all([...this.#instances.values()].map((instance) => instance.release()));
  }

  #adopt(facts: LaunchFacts, container: ManagedContainer, address: string): void {
    const { containerId, labels, isRunning } = container;
    const { instanceId, workspaceId, catalogueId, profile } = facts;
    this.#runner.networks.keep(workspaceId, instanceId, address);
    const instance = new HostedInstance(this.#runner, facts, this.#state.usageOf(instanceId));
    this.#instances.set(instanceId, instance);
    this.#fingerprints.set(instanceId, labels[FINGERPRINT] ?? "");
    // A container without variables can be started again from its labels, if the catalogue still says the same.
    const request = { catalogueId, profile, variables: {} };
    const decision = decideLaunch(facts, request, this.#context);
    const launch = decision.ok && this.#isSame(decision.launch) ? decision.launch : null;
    const isComplete = labels[HAS_VARIABLES] === "no" && launch !== null;
    const entry = this.#context.catalogue.get(catalogueId);
    const onBytes = (bytes: number) => {
      instance.usage.egressBytes += bytes;
    };
    const hosts = new Set(entry?.egress);
    const [forwardHost, port] = (labels[FORWARD] ?? "").split(":");
    const forward = forwardHost && port ? { host: forwardHost, port: Number(port) } : null;
    this.#runner.proxy.grant(address, { instanceId, hosts, forward, onBytes });
    const secret = this.#context.identity.bridgeSecret(instanceId);
    const run: Run | null = isRunning ? { containerId, bridge: openBridge(address, secret) } : null;
    instance.adopt(containerId, run, isComplete ? launch : null);
  }

  #isSame(launch: Launch): boolean {
    return this.#fingerprints.get(launch.instanceId) === launch.fingerprint;
  }

  async #findRefusal(launch: Launch, present: HostedInstance | undefined): Promise<Refusal | null> {
    if (present && present.facts.workspaceId !== launch.workspaceId) {
      return refuse("conflict", "This id belongs to another workspace's instance.");
    }
    if (present) return null;
    if (this.#state.isDraining) {
      return refuse("host_draining", "This host takes no new instances: choose another.");
    }
    const needed = PROFILES[launch.profile].memoryMb * MIB + MEMORY_RESERVE_BYTES;
    if ((await availableMemory()) < needed) {
      return refuse("host_full", "This host has not enough free memory: choose another.");
    }
    return null;
  }

  #inOrder<T>(instanceId: string, change: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(instanceId) ?? Promise.resolve()).then(change, change);
    this.#last.set(instanceId, done);
    const forget = () => {
      if (this.#last.get(instanceId) === done) this.#last.delete(instanceId);
    };
    done.then(forget, forget);
    return done;
  }
}

function parseFacts(labels: Record<string, string>): LaunchFacts | null {
  const profile = Profile.safeParse(labels[PROFILE]);
  const instanceId = labels[INSTANCE];
  const workspaceId = labels[WORKSPACE];
  const catalogueId = labels[CATALOGUE_ID];
  if (!profile.success || !instanceId || !workspaceId || !catalogueId) return null;
  return { instanceId, workspaceId, catalogueId, profile: profile.data };
}

const refuse = (code: HostErrorCode, message: string): Refusal => ({ ok: false, code, message });
