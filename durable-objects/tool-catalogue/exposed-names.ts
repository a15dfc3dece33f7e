/** A server with the names that it gives its tools (or its prompts). */
export interface NamedServer {
  serverId: string;
  slug: string;
  prefix: string | null;
  names: string[];
}

/** A tool or prompt of a server. */
export interface NameTarget {
  serverId: string;
  /** The name that the server gives it. */
  name: string;
}

/** The exposed names of tools or prompts, in both directions. */
export interface ExposedNames {
  /** The server's name -> exposed name, by server id. */
  byServer: Map<string, Map<string, string>>;
  /** The target of an exposed name, or of a server's name that only one server has. */
  find(name: string): NameTarget | undefined;
}

/**
 * Chooses the exposed names; `servers` by position. With a prefix: `prefix_tool`. Without: the tool's name, or
 * `server_slug__tool` if several servers without a prefix have a tool of that name. A name has at most
 * `maxLength` characters of `[A-Za-z0-9_-]`. A name that had to be changed, or that is taken, ends in a hash of server and tool, so that it does
 * not depend on the workspace's other servers.
 */
export function exposeNames(servers: NamedServer[], maxLength: number): ExposedNames {
  const owners = new Map<string, NameTarget | null>();
  const unprefixed = new Map<string, number>();
  for (const server of servers) {
    for (const name of server.names) {
      owners.set(name, owners.has(name) ? null : { serverId: server.serverId, name });
      if (server.prefix === null) unprefixed.set(name, (unprefixed.get(name) ?? 0) + 1);
    }
  }
  const exposed = new Map<string, NameTarget>();
  const byServer = new Map<string, Map<string, string>>();
  for (const server of servers) {
    const exposedByName = new Map<string, string>();
    for (const name of server.names) {
      const preferred = choosePreferredName(server, name, (unprefixed.get(name) ?? 0) > 1);
      const valid = toValidName(preferred, server.slug, name, maxLength);
      const unique = exposed.has(valid) ? addHash(valid, server.slug, name, maxLength) : valid;
      if (exposed.has(unique)) continue;
      exposed.set(unique, { serverId: server.serverId, name });
      exposedByName.set(name, unique);
    }
    byServer.set(server.serverId, exposedByName);
  }
  return { byServer, find: (name) => exposed.get(name) ?? owners.get(name) ?? undefined };
}

function choosePreferredName(server: NamedServer, name: string, isShared: boolean): string {
  if (server.prefix !== null) return `${server.prefix}_${name}`;
  return isShared ? `${server.slug.replaceAll("-", "_")}__${name}` : name;
}

function toValidName(preferred: string, slug: string, name: string, maxLength: number): string {
  const clean = preferred.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  return clean === preferred && clean.length <= maxLength
    ? clean
    : addHash(clean, slug, name, maxLength);
}

function addHash(base: string, slug: string, name: string, maxLength: number): string {
  return `${base.slice(0, maxLength - 9)}_${hash(`${slug}:${name}`)}`;
}

/** FNV-1a, 32 bits. It only distinguishes names; it need not be cryptographic. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}
