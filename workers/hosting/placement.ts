import type { HostRecord } from "../contract/hosting/hosts.ts";
import type { InstanceRecord } from "../contract/hosting/instances.ts";

/** Hosts that accept instances, according to their last check. */
export function findOpenHosts(hosts: HostRecord[]): HostRecord[] {
  return hosts.filter(
    ({ problem, report, isDraining }) =>
      problem === null && report?.isDraining === false && !isDraining && report.engineVersion,
  );
}

/**
 * The candidate hosts for an instance: its current host first, then by free memory. The host itself decides whether it has
 * room.
 */
export function chooseHosts(
  hosts: HostRecord[],
  { catalogueId, hostId }: Pick<InstanceRecord, "catalogueId" | "hostId">,
): HostRecord[] {
  const free = (host: HostRecord) => host.report?.memory.availableBytes ?? 0;
  return findOpenHosts(hosts)
    .filter(({ report }) => report?.catalogueIds.includes(catalogueId))
    .toSorted((a, b) => Number(b.id === hostId) - Number(a.id === hostId) || free(b) - free(a));
}
