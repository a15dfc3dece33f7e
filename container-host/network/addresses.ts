import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import type { NetworkPlan } from "../engine/engine.ts";

/** A workspace's network: /27 leaves its gateway and 29 instances. Docker's own pools end after some 30 networks. */
const NETWORK_BITS = 27;
const NETWORK_SIZE = 2 ** (32 - NETWORK_BITS);
const FIRST_INSTANCE = 2;
const LAST_INSTANCE = NETWORK_SIZE - 2;
/** Linux allows 15 characters for an interface; the firewall matches the first three. */
const BRIDGE_HASH_LENGTH = 11;

/** A range of private IPv4 addresses out of which workspaces get their networks. Throws on anything else. */
export function parseAddressPool(cidr: string): AddressPool {
  const [address, bits] = ipaddr.IPv4.parseCIDR(cidr);
  if (address.range() !== "private" || bits > NETWORK_BITS)
    throw new Error(`${cidr} is not a private IPv4 range of at least /${NETWORK_BITS}`);
  const first = toNumber(ipaddr.IPv4.networkAddressFromCIDR(cidr));
  return { cidr: `${toAddress(first)}/${bits}`, first, networks: 2 ** (NETWORK_BITS - bits) };
}

export interface AddressPool {
  cidr: string;
  first: number;
  networks: number;
}

/** The network for a workspace, in the first part of the pool that is not in use; null: the pool is used up. */
export function planNetwork(
  pool: AddressPool,
  hostId: string,
  workspaceId: string,
  subnetsInUse: string[],
  preferred?: string,
): NetworkPlan | null {
  const subnet = preferred ?? findFreeSubnet(pool, new Set(subnetsInUse));
  if (subnet === null) return null;
  const hash = createHash("sha256").update(`${hostId}/${workspaceId}`).digest("hex");
  return {
    name: networkName(hostId, workspaceId),
    subnet,
    gateway: gatewayOf(subnet),
    bridge: `mcp${hash.slice(0, BRIDGE_HASH_LENGTH)}`,
    labels: {},
  };
}

/** Two hosts may share an engine, so the host is part of the name. */
export function networkName(hostId: string, workspaceId: string): string {
  return `mcp-${hostId}-${workspaceId}`;
}

/** The host's own address in a workspace's network: its first. */
export function gatewayOf(subnet: string): string {
  return toAddress(baseOf(subnet) + 1);
}

/** The first address of the network that nobody has; null: it is full. */
export function findFreeAddress(subnet: string, inUse: Set<string>): string | null {
  for (let offset = FIRST_INSTANCE; offset <= LAST_INSTANCE; offset += 1) {
    const address = toAddress(baseOf(subnet) + offset);
    if (!inUse.has(address)) return address;
  }
  return null;
}

function findFreeSubnet(pool: AddressPool, inUse: Set<string>): string | null {
  for (let index = 0; index < pool.networks; index += 1) {
    const subnet = toSubnet(pool, index);
    if (!inUse.has(subnet)) return subnet;
  }
  return null;
}

const baseOf = (subnet: string) => toNumber(ipaddr.IPv4.networkAddressFromCIDR(subnet));

const toSubnet = (pool: AddressPool, index: number) =>
  `${toAddress(pool.first + index * NETWORK_SIZE)}/${NETWORK_BITS}`;

function toNumber(address: ipaddr.IPv4): number {
  return Buffer.from(address.toByteArray()).readUInt32BE();
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}
