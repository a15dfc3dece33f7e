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
 * The URIs of which the lists alone do not determine the server: several provide them. Templates: all, the oldest first, if
 * several servers have some, because an older one goes first.
 */
export function listContestedUris(
  servers: UriServer[],
  owners: Owners,
  isOrdered: boolean,
): [string, Owner][] {
  const entries = [...owners];
  if (isOrdered)
    return new Set(entries.map(([, { serverId }]) => serverId)).size > 1 ? entries : [];
  const counts = new Map<string, number>();
  for (const { uris } of servers)
    for (const uri of new Set(uris)) counts.set(uri, (counts.get(uri) ?? 0) + 1);
  const provided = new Map(servers.map(({ serverId, uris }) => [serverId, uris && new Set(uris)]));
  return entries.filter(([uri, { serverId }]) => {
    const own = provided.get(serverId)?.has(uri) ? 1 : 0;
    return (counts.get(uri) ?? 0) > own;
  });
}
