import { MAX_EXPOSED_NAME_LENGTH } from "../../workers/contract/limits.ts";

/** A server's names (of tools, or of prompts), in its own spelling. */
export interface NamedServer {
  serverId: string;
  slug: string;
  prefix: string | null;
  names: string[];
}

export interface Target {
  serverId: string;
  /** The server's own name. */
  name: string;
}

export interface ExposedNames {
  /** Own name -> exposed name, by server. */
  byServer: Map<string, Map<string, string>>;
  /** The tool behind a name that a client used: an exposed one, or an own name that only one server has. */
  find(name: string): Target | undefined;
}

/**
 * The names under which the servers' tools are shown, servers in the order of their position: `prefix_tool` with a
 * prefix; without one the tool's own name, or `server_slug__tool` where several prefix-less servers have that name.
 * At most 64 characters of `[A-Za-z0-9_-]`; a name that had to be changed, or that is taken, ends in a hash of
 * server and tool, so that it does not depend on what else the workspace holds.
 */
export function exposeNames(servers: NamedServer[]): ExposedNames {
  const owners = new Map<string, Target | null>();
  const plain = new Map<string, number>();
  for (const server of servers) {
    for (const name of server.names) {
      owners.set(name, owners.has(name) ? null : { serverId: server.serverId, name });
      if (server.prefix === null) plain.set(name, (plain.get(name) ?? 0) + 1);
    }
  }
  const exposed = new Map<string, Target>();
  const byServer = new Map<string, Map<string, string>>();
  for (const server of servers) {
    const own = new Map<string, string>();
    for (const name of server.names) {
      const wanted = wantedName(server, name, (plain.get(name) ?? 0) > 1);
      const fitting = fit(wanted, server.slug, name);
      const free = exposed.has(fitting) ? withHash(fitting, server.slug, name) : fitting;
      if (exposed.has(free)) continue;
      exposed.set(free, { serverId: server.serverId, name });
      own.set(name, free);
    }
    byServer.set(server.serverId, own);
  }
  return { byServer, find: (name) => exposed.get(name) ?? owners.get(name) ?? undefined };
}

function wantedName(server: NamedServer, name: string, clashes: boolean): string {
  if (server.prefix !== null) return `${server.prefix}_${name}`;
  return clashes ? `${server.slug.replaceAll("-", "_")}__${name}` : name;
}

function fit(wanted: string, slug: string, name: string): string {
  const clean = wanted.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  return clean === wanted && clean.length <= MAX_EXPOSED_NAME_LENGTH
    ? clean
    : withHash(clean, slug, name);
}

function withHash(wanted: string, slug: string, name: string): string {
  return `${wanted.slice(0, MAX_EXPOSED_NAME_LENGTH - 9)}_${hash(`${slug}:${name}`)}`;
}

/** FNV-1a, 32 bits: tells names apart; nothing rests on it being hard to invert. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}
