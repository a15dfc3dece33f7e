import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import type { NetworkPlan } from "../engine/engine.ts";
import { toNamePrefix, toOwnerLabels, WORKSPACE_LABEL, type Owner } from "../engine/labels.ts";

/** A workspace's network is a /27: its gateway and 29 instances. Docker's default pools are used up after some 30. */
const NETWORK_BITS = 27;
const NETWORK_SIZE = 2 ** (32 - NETWORK_BITS);
const FIRST_INSTANCE = 2;
const LAST_INSTANCE = NETWORK_SIZE - 2;
/** Linux allows 15 characters for an interface; the firewall matches the first three. */
const BRIDGE_HASH_LENGTH = 11;

/** Parses a private IPv4 range (CIDR, at least a /27); throws on anything else. */
export function parseAddressPool(cidr: string): AddressPool {
  const [address, bits] = ipaddr.IPv4.parseCIDR(cidr);
  if (address.range() !== "private" || bits > NETWORK_BITS)
    throw new Error(`${cidr} is not a private IPv4 range of at least /${NETWORK_BITS}`);
  const first = toNumber(ipaddr.IPv4.networkAddressFromCIDR(cidr));
  return { cidr: `${toAddress(first)}/${bits}`, first, networks: 2 ** (NETWORK_BITS - bits) };
}

/** The range of private IPv4 addresses from which workspace networks get their subnets. */
export interface AddressPool {
  cidr: string;
  /** The first address as a 32-bit number. */
  first: number;
  /** Number of /27 subnets. */
  networks: number;
}

/** Input of `planNetwork`. */
export interface NetworkRequest {
  pool: AddressPool;
  owner: Owner;
  workspaceId: string;
  /** CIDRs of all the engine's networks. */
  subnetsInUse: string[];
  /** CIDR that the network had before it was removed by hand. */
  preferredSubnet?: string | undefined;
}

/** Plans a workspace's network in its preferred or the first free subnet; null: the pool is used up. */
export function planNetwork({
  pool,
  owner,
  workspaceId,
  subnetsInUse,
  preferredSubnet,
}: NetworkRequest): NetworkPlan | null {
  const subnet = preferredSubnet ?? findFreeSubnet(pool, new Set(subnetsInUse));
  if (subnet === null) return null;
  const name = `${toNamePrefix(owner)}${workspaceId}`;
  const hash = createHash("sha256").update(name).digest("hex");
  return {
    name,
    subnet,
    gateway: toGatewayAddress(subnet),
    bridge: `mcp${hash.slice(0, BRIDGE_HASH_LENGTH)}`,
    labels: { ...toOwnerLabels(owner), [WORKSPACE_LABEL]: workspaceId },
  };
}

/** The host's address in a workspace's network: the first of the subnet. */
export function toGatewayAddress(subnet: string): string {
  return toAddress(toBaseNumber(subnet) + 1);
}

/** The first free address of a subnet (CIDR); null: all are in use. */
export function findFreeAddress(subnet: string, inUse: Set<string>): string | null {
  for (let offset = FIRST_INSTANCE; offset <= LAST_INSTANCE; offset += 1) {
    const address = toAddress(toBaseNumber(subnet) + offset);
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

const toBaseNumber = (subnet: string) => toNumber(ipaddr.IPv4.networkAddressFromCIDR(subnet));

const toSubnet = (pool: AddressPool, index: number) =>
  `${toAddress(pool.first + index * NETWORK_SIZE)}/${NETWORK_BITS}`;

function toNumber(address: ipaddr.IPv4): number {
  return Buffer.from(address.toByteArray()).readUInt32BE();
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}
