import type { Engine } from "../engine/engine.ts";
import { WORKSPACE_LABEL, toHostLabels } from "../engine/labels.ts";
import {
  findFreeAddress,
  toGatewayAddress,
  toNetworkName,
  planNetwork,
  type AddressPool,
} from "./addresses.ts";
import type { EgressProxy } from "./egress-proxy.ts";

interface WorkspaceNetwork {
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
  readonly #hostId: string;
  readonly #networks = new Map<string, WorkspaceNetwork>();
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(parts: { engine: Engine; proxy: EgressProxy; pool: AddressPool; hostId: string }) {
    this.#engine = parts.engine;
    this.#proxy = parts.proxy;
    this.#pool = parts.pool;
    this.#hostId = parts.hostId;
  }

  /** Reads the networks of this host's previous run from the engine. */
  restore(): Promise<void> {
    return this.#serialize(async () => {
      for (const { subnet, labels } of await this.#engine.listNetworks(
        toHostLabels(this.#hostId),
      )) {
        const workspaceId = labels[WORKSPACE_LABEL] ?? "";
        this.#networks.set(workspaceId, { subnet, addresses: new Map() });
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
      const { subnet, addresses } = network;
      const address =
        addresses.get(instanceId) ?? findFreeAddress(subnet, new Set(addresses.values()));
      if (address === null) return null;
      addresses.set(instanceId, address);
      return {
        network: toNetworkName(this.#hostId, workspaceId),
        address,
        gateway: toGatewayAddress(subnet),
      };
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
    const existing = await this.#engine.listNetworks({});
    const name = toNetworkName(this.#hostId, workspaceId);
    const known = this.#networks.get(workspaceId);
    if (known && existing.some((network) => network.name === name)) return known;
    // A known network that does not exist was removed by hand. Its containers have fixed addresses: keep the subnet.
    const plan = planNetwork({
      pool: this.#pool,
      hostId: this.#hostId,
      workspaceId,
      subnetsInUse: existing.map(({ subnet }) => subnet),
      preferredSubnet: known?.subnet,
    });
    if (!plan) return null;
    const labels = { ...toHostLabels(this.#hostId), [WORKSPACE_LABEL]: workspaceId };
    await this.#engine.createNetwork({ ...plan, labels });
    await this.#proxy.open(plan.gateway);
    const network = known ?? { subnet: plan.subnet, addresses: new Map<string, string>() };
    this.#networks.set(workspaceId, network);
    return network;
  }

  async #removeIfUnused(workspaceId: string): Promise<void> {
    const network = this.#networks.get(workspaceId);
    if (!network || network.addresses.size > 0) return;
    this.#proxy.close(toGatewayAddress(network.subnet));
    await this.#engine.removeNetwork(toNetworkName(this.#hostId, workspaceId));
    this.#networks.delete(workspaceId);
  }

  /** Runs one change at a time: two instances must not get the same address. */
  #serialize<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#lastChange.then(change, change);
    this.#lastChange = done;
    return done;
  }
}
