import type { Engine } from "../engine/engine.ts";
import { WORKSPACE, managedBy } from "../engine/labels.ts";
import {
  findFreeAddress,
  gatewayOf,
  networkName,
  planNetwork,
  type AddressPool,
} from "./addresses.ts";
import type { EgressProxy } from "./egress-proxy.ts";

interface WorkspaceNetwork {
  subnet: string;
  /** By instance. */
  addresses: Map<string, string>;
}

/** An instance's place in its workspace's network; it keeps it until it leaves. */
export interface Place {
  network: string;
  address: string;
  gateway: string;
}

/** One internal network per workspace, made for its first instance and removed after its last. */
export class Networks {
  readonly #engine: Engine;
  readonly #proxy: EgressProxy;
  readonly #pool: AddressPool;
  readonly #hostId: string;
  readonly #networks = new Map<string, WorkspaceNetwork>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: { engine: Engine; proxy: EgressProxy; pool: AddressPool; hostId: string }) {
    this.#engine = parts.engine;
    this.#proxy = parts.proxy;
    this.#pool = parts.pool;
    this.#hostId = parts.hostId;
  }

  /** The networks that an earlier run of this host left. */
  restore(): Promise<void> {
    return this.#alone(async () => {
      for (const { subnet, labels } of await this.#engine.listNetworks(managedBy(this.#hostId))) {
        const workspaceId = labels[WORKSPACE] ?? "";
        this.#networks.set(workspaceId, { subnet, addresses: new Map() });
        await this.#proxy.open(gatewayOf(subnet));
      }
    });
  }

  /** Notes where a container of an earlier run has its address. */
  keep(workspaceId: string, instanceId: string, address: string): void {
    this.#networks.get(workspaceId)?.addresses.set(instanceId, address);
  }

  /** A place for the instance, the one it has if it has one, with the network there; null: addresses are used up. */
  join(workspaceId: string, instanceId: string): Promise<Place | null> {
    return this.#alone(async () => {
      const network = await this.#ensure(workspaceId);
      if (!network) return null;
      const { subnet, addresses } = network;
      const address =
        addresses.get(instanceId) ?? findFreeAddress(subnet, new Set(addresses.values()));
      if (address === null) return null;
      addresses.set(instanceId, address);
      return {
        network: networkName(this.#hostId, workspaceId),
        address,
        gateway: gatewayOf(subnet),
      };
    });
  }

  /** Gives the instance's place back, with `onFree` before anybody else can have it. */
  leave(workspaceId: string, instanceId: string, onFree: (address: string) => void): Promise<void> {
    return this.#alone(async () => {
      const addresses = this.#networks.get(workspaceId)?.addresses;
      const address = addresses?.get(instanceId);
      if (address !== undefined) onFree(address);
      addresses?.delete(instanceId);
      await this.#removeUnused(workspaceId);
    });
  }

  /** Removes what nobody is in, after the containers of an earlier run were noted. */
  prune(): Promise<void> {
    return this.#alone(async () => {
      for (const workspaceId of this.#networks.keys()) await this.#removeUnused(workspaceId);
    });
  }

  async #ensure(workspaceId: string): Promise<WorkspaceNetwork | null> {
    const all = await this.#engine.listNetworks({});
    const name = networkName(this.#hostId, workspaceId);
    const known = this.#networks.get(workspaceId);
    if (known && all.some((network) => network.name === name)) return known;
    // A network that is known and gone was pruned by hand: its containers know their addresses, so it returns as it was.
    const inUse = all.map(({ subnet }) => subnet);
    const plan = planNetwork(this.#pool, this.#hostId, workspaceId, inUse, known?.subnet);
    if (!plan) return null;
    const labels = { ...managedBy(this.#hostId), [WORKSPACE]: workspaceId };
    await this.#engine.createNetwork({ ...plan, labels });
    await this.#proxy.open(plan.gateway);
    const network = known ?? { subnet: plan.subnet, addresses: new Map<string, string>() };
    this.#networks.set(workspaceId, network);
    return network;
  }

  async #removeUnused(workspaceId: string): Promise<void> {
    const network = this.#networks.get(workspaceId);
    if (!network || network.addresses.size > 0) return;
    this.#proxy.close(gatewayOf(network.subnet));
    await this.#engine.removeNetwork(networkName(this.#hostId, workspaceId));
    this.#networks.delete(workspaceId);
  }

  /** One change at a time: two instances must not be given the same address. */
  #alone<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change, change);
    this.#last = done;
    return done;
  }
}
