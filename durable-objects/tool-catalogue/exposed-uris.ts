import type { Owner, Owners } from "../storage/stored-name-owners.ts";

/** A server with the URIs (or URI templates) that it provides; null: not known now, so it keeps those it has. */
export interface UriServer {
  serverId: string;
  uris: Iterable<string> | null;
}

/**
 * Chooses the server of each URI; `servers` by position. The server that `had` a URI keeps it as long as it provides it,
 * so that another one cannot take over its reads. A new URI goes to the first server that provides it.
 */
export function assignUris(servers: UriServer[], had: Owners): Owners {
  const provided = new Map(servers.map(({ serverId, uris }) => [serverId, uris && new Set(uris)]));
  const owners = new Map<string, Owner>();
  for (const [uri, owner] of had) {
    const uris = provided.get(owner.serverId);
    if (uris === null || uris?.has(uri)) owners.set(uri, owner);
  }
  for (const [serverId, uris] of provided)
    for (const uri of uris ?? []) if (!owners.has(uri)) owners.set(uri, { serverId, name: uri });
  return owners;
}
