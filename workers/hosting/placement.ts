import type { HostRecord } from "../contract/hosting/hosts.ts";
import type { InstanceRecord } from "../contract/hosting/instances.ts";

/** Hosts that may take instances, as far as their last look says. */
export function findOpenHosts(hosts: HostRecord[]): HostRecord[] {
  return hosts.filter(
    ({ problem, report, isDraining }) =>
      problem === null && report?.isDraining === false && !isDraining && report.engineVersion,
  );
}

/**
 * The hosts to ask for an instance, in this order: the one that it is on, then by free memory. A host decides itself
 * whether there is room.
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
