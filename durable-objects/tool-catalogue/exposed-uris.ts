import type { Owner, Owners } from "../storage/stored-name-owners.ts";

/** A server with the URIs (or URI templates) that it provides; null: not known now, so it keeps those it has. */
export interface UriServer {
  serverId: string;
  uris: Iterable<string> | null;
}

/**
 * Chooses the server of each URI; `servers` by position. The server that `had` a URI keeps it as long as it provides it,
 * so that another one cannot take over its reads. A free URI goes back to a server that has lost it (`lost`, oldest first),
 * else to the first one that provides it.
 */
export function assignUris(servers: UriServer[], had: Owners, lost: Iterable<Owner>): Owners {
  const provided = new Map(servers.map(({ serverId, uris }) => [serverId, uris && new Set(uris)]));
  const owners = new Map<string, Owner>();
  const give = (uri: string, owner: Owner) => {
    const uris = provided.get(owner.serverId);
    if (!owners.has(uri) && (uris === null || uris?.has(uri))) owners.set(uri, owner);
  };
  for (const [uri, owner] of had) give(uri, owner);
  for (const owner of lost) give(owner.name, owner);
  for (const [serverId, uris] of provided)
    for (const uri of uris ?? []) if (!owners.has(uri)) owners.set(uri, { serverId, name: uri });
  return owners;
}

/**
 * The URIs of which the lists alone do not determine the server: several provide them, or the list is not known now. All, if
 * there is a server of which the list was never read.
 * Templates: all, the oldest first, if there is one of these, or if several servers have some, because an older one goes
 * first.
 */
export function listContestedUris(
  servers: UriServer[],
  owners: Owners,
  isOrdered: boolean,
): [string, Owner][] {
  const entries = [...owners];
  const owning = new Set(entries.map(([, { serverId }]) => serverId));
  const isUnread = servers.some(({ serverId, uris }) => uris === null && !owning.has(serverId));
  if (isUnread || (isOrdered && owning.size > 1)) return entries;
  const counts = new Map<string, number>();
  for (const { uris } of servers)
    for (const uri of new Set(uris)) counts.set(uri, (counts.get(uri) ?? 0) + 1);
  const provided = new Map(servers.map(({ serverId, uris }) => [serverId, uris && new Set(uris)]));
  const contested = entries.filter(([uri, { serverId }]) => {
    const uris = provided.get(serverId);
    return !uris || (counts.get(uri) ?? 0) > (uris.has(uri) ? 1 : 0);
  });
  return isOrdered && contested.length > 0 ? entries : contested;
}
