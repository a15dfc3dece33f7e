import type { HostRecord } from "../contract/hosting/hosts.ts";
import type { InstanceRecord } from "../contract/hosting/instances.ts";

/** Hosts that accept new instances, according to their last check. */
export function findOpenHosts(hosts: HostRecord[]): HostRecord[] {
  return hosts.filter((host) => isReady(host) && isSafe(host));
}

function isReady({ problem, report, isDraining }: HostRecord): boolean {
  const responds = problem === null && report !== null && report.engineVersion !== null;
  return responds && !report.isDraining && !isDraining;
}

function isSafe({ report }: HostRecord): boolean {
  return report?.findings?.every(({ state }) => state !== "refused") ?? true;
}

/**
 * The candidate hosts for an instance: its current host first, then by free memory. The host itself decides whether it has
 * room. A refused check keeps new instances away; it does not keep an instance from restarting where it is.
 */
export function chooseHosts(
  hosts: HostRecord[],
  { catalogueId, hostId }: Pick<InstanceRecord, "catalogueId" | "hostId">,
): HostRecord[] {
  const free = (host: HostRecord) => host.report?.memory.availableBytes ?? 0;
  return hosts
    .filter((host) => isReady(host) && (isSafe(host) || host.id === hostId))
    .filter(({ report }) => report?.catalogueIds.includes(catalogueId))
    .toSorted((a, b) => Number(b.id === hostId) - Number(a.id === hostId) || free(b) - free(a));
}
