import type { FleetServer } from "../api/fleet-pack.ts";
import { toConnectionName } from "../connection-name.ts";
import { hasAddress } from "../server-address.ts";

/** Longest name of a server in a client: clients put it before the names of tools. */
const MAX_NAME_LENGTH = 25;

/** A workspace with the slugs of its enabled servers. `origin`: of the gateway, as `https://mcp.example.com`. */
export interface FleetWorkspace {
  origin: string;
  slug: string;
  servers: string[];
}

/**
 * The addresses that clients are allowed: first the workspace's, which the page Connect gives, then those of its servers.
 * Each has another name. Throws a `TypeError` for an origin that is no URL, or that lists of allowed addresses do not take
 * literally.
 */
export function toFleetServers({ origin, slug, servers }: FleetWorkspace): FleetServer[] {
  // Asterisks are wildcards in these lists, and a dollar sign begins a variable.
  if (new URL(origin).origin !== origin || /[*$]/.test(origin))
    throw new TypeError("origin: use scheme, host and port alone, such as https://mcp.example.com");
  const gateway = `${origin}/api/gw/${slug}`;
  const names = new Set<string>();
  return [
    { name: toOwnName(toConnectionName(slug), names), url: gateway },
    ...servers
      .filter(hasAddress)
      .map((server) => ({ name: toOwnName(server, names), url: `${gateway}/${server}` })),
  ];
}

/** A name that no other server has: it is cut, and gets a number if it is taken. Adds it to `names`. */
function toOwnName(slug: string, names: Set<string>): string {
  for (let count = 1; ; count++) {
    const end = count === 1 ? "" : `-${count}`;
    const name = slug.slice(0, MAX_NAME_LENGTH - end.length).replace(/-+$/, "") + end;
    if (names.has(name)) continue;
    names.add(name);
    return name;
  }
}
