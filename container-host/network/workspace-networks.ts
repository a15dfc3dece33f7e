import { EngineError, type Engine, type NetworkPlan } from "../engine/engine.ts";
import { findOwner, MANAGED, WORKSPACE_LABEL, type Owner } from "../engine/labels.ts";
import { findFreeAddress, toGatewayAddress, planNetwork, type AddressPool } from "./addresses.ts";
import type { EgressProxy } from "./egress-proxy.ts";

/** Another host on the engine can take the planned subnet first; then the next free one is tried. */
const MAX_CREATIONS = 5;

interface WorkspaceNetwork {
  name: string;
  subnet: string;
  /** IPv4 addresses by instance id. */
  addresses: Map<string, string>;
}

/** An instance's address in its workspace's network. It is reserved until the instance is detached. */
export interface NetworkAttachment {
  /** Name of the network. */
  network: string;
  address: string;
  /** The host's address, where the egress proxy listens. */
  gateway: string;
}

/** One internal network per workspace: created for its first instance, removed after its last. */
export class WorkspaceNetworks {
  readonly #engine: Engine;
  readonly #proxy: EgressProxy;
  readonly #pool: AddressPool;
  readonly #owner: Owner;
  readonly #networks = new Map<string, WorkspaceNetwork>();
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(parts: { engine: Engine; proxy: EgressProxy; pool: AddressPool; owner: Owner }) {
    this.#engine = parts.engine;
    this.#proxy = parts.proxy;
    this.#pool = parts.pool;
    this.#owner = parts.owner;
  }

  /** Reads the networks of this host's previous run from the engine. `inUse`: names of its containers' networks. */
  restore(inUse: ReadonlySet<string | null>): Promise<void> {
    return this.#serialize(async () => {
      for (const { name, subnet, labels } of await this.#engine.listNetworks(MANAGED)) {
        const owner = findOwner(labels, this.#owner);
        if (owner === "other" || (owner === "older" && !inUse.has(name))) continue;
        const workspaceId = labels[WORKSPACE_LABEL] ?? "";
        this.#networks.set(workspaceId, { name, subnet, addresses: new Map() });
        await this.#proxy.open(toGatewayAddress(subnet));
      }
    });
  }

  /** Reserves the address that a container of the previous run has. */
  reserve(workspaceId: string, instanceId: string, address: string): void {
    this.#networks.get(workspaceId)?.addresses.set(instanceId, address);
  }

  /** Reserves an address for the instance (or returns the reserved one) and creates the network; null: none is free. */
  attach(workspaceId: string, instanceId: string): Promise<NetworkAttachment | null> {
    return this.#serialize(async () => {
      const network = await this.#ensureNetwork(workspaceId);
      if (!network) return null;
      const { name, subnet, addresses } = network;
      const address =
        addresses.get(instanceId) ?? findFreeAddress(subnet, new Set(addresses.values()));
      if (address === null) return null;
      addresses.set(instanceId, address);
      return { network: name, address, gateway: toGatewayAddress(subnet) };
    });
  }

  /** Frees the instance's address; `onFree` is called before another instance can get it. */
  detach(
    workspaceId: string,
    instanceId: string,
    onFree: (address: string) => void,
  ): Promise<void> {
    return this.#serialize(async () => {
      const addresses = this.#networks.get(workspaceId)?.addresses;
      const address = addresses?.get(instanceId);
      if (address !== undefined) onFree(address);
      addresses?.delete(instanceId);
      await this.#removeIfUnused(workspaceId);
    });
  }

  /** Removes networks without instances. Call it after the previous run's addresses were reserved. */
  removeUnused(): Promise<void> {
    return this.#serialize(async () => {
      for (const workspaceId of this.#networks.keys()) await this.#removeIfUnused(workspaceId);
    });
  }

  async #ensureNetwork(workspaceId: string): Promise<WorkspaceNetwork | null> {
    const known = this.#networks.get(workspaceId);
    const existing = await this.#engine.listNetworks({});
    if (known && existing.some(({ name }) => name === known.name)) return known;
    // A known network that does not exist was removed by hand. Its containers have fixed addresses: keep the subnet.
    const plan = await this.#createNetwork(workspaceId, known?.subnet);
    if (!plan) return null;
    await this.#proxy.open(plan.gateway);
    const { name, subnet } = plan;
    const network = { name, subnet, addresses: known?.addresses ?? new Map<string, string>() };
    this.#networks.set(workspaceId, network);
    return network;
  }

  async #createNetwork(
    workspaceId: string,
    preferredSubnet: string | undefined,
  ): Promise<NetworkPlan | null> {
    for (let creations = 1; ; creations += 1) {
      const existing = await this.#engine.listNetworks({});
      const plan = planNetwork({
        pool: this.#pool,
        owner: this.#owner,
        workspaceId,
        subnetsInUse: existing.map(({ subnet }) => subnet),
        preferredSubnet,
      });
      if (!plan) return null;
      try {
        await this.#engine.createNetwork(plan);
        return plan;
      } catch (error) {
        if (!(error instanceof EngineError) || creations === MAX_CREATIONS) throw error;
      }
    }
  }

  async #removeIfUnused(workspaceId: string): Promise<void> {
    const network = this.#networks.get(workspaceId);
    if (!network || network.addresses.size > 0) return;
    this.#proxy.close(toGatewayAddress(network.subnet));
    // The network of an older version can have containers that this host left alone.
    const containers = await this.#engine.listContainers(MANAGED);
    if (!containers.some((container) => container.network === network.name))
      await this.#engine.removeNetwork(network.name);
    this.#networks.delete(workspaceId);
  }

  /** Runs one change at a time: two instances must not get the same address. */
  #serialize<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#lastChange.then(change, change);
    this.#lastChange = done;
    return done;
  }
}
