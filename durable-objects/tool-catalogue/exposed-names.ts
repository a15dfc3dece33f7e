import type { Owner, Owners } from "../storage/stored-name-owners.ts";
import { Namespaces, toSlugForm, type NamespaceServer } from "./namespaces.ts";

/** A server with the names that it gives its tools (or its prompts). */
export interface NamedServer extends NamespaceServer {
  /** Null: not known now, because the server is disabled or its list could not be fetched. It keeps the names it has. */
  names: string[] | null;
}

/** The exposed names of tools or prompts, in both directions. */
export interface ExposedNames {
  /** The owner of each exposed name, the first given first. */
  owners: Owners;
  /** The server's name -> exposed name, by server id. */
  byServer: Map<string, Map<string, string>>;
  /** The target of an exposed name, or of a server's name that only one server has. */
  find(name: string): Owner | undefined;
  /** Whether a server without a prefix has the name that it would have alone. */
  keepsOwn(serverId: string, name: string): boolean;
  /** The servers because of which a server's tool does not have the name that it would have alone; none: it has it. */
  findHolders(serverId: string, name: string): string[];
}

/** Candidates of a tool that are shortened to a hash, at most. */
const MAX_ATTEMPTS = 16;

/**
 * Chooses the exposed names; `servers` by position. With a prefix: `prefix_tool`. Without: the tool's name, or
 * `server_slug__tool` if that is taken, or if several servers without a prefix have a tool of that name. A name has at
 * most `maxLength` characters of `[A-Za-z0-9_-]`; one that had to be changed ends in a hash of server and tool.
 *
 * A name that begins with a server's prefix or slug goes to that server only (`Namespaces`). Otherwise a tool keeps the
 * name that it `had`, as long as its server lists it, so that no other server's list changes it. `isRevised`: servers
 * were added, deleted or got another prefix, so that tools can get a better name than before.
 */
export function exposeNames(
  servers: NamedServer[],
  had: Owners,
  isRevised: boolean,
  maxLength: number,
): ExposedNames {
  const namespaces = new Namespaces(servers);
  const namer = new Namer(servers, namespaces, maxLength);
  namer.keep(had, isRevised);
  namer.assignPreferred();
  namer.assignOthers();
  return namer.toExposedNames();
}

class Namer {
  readonly #servers: NamedServer[];
  readonly #byId: Map<string, NamedServer>;
  readonly #namespaces: Namespaces;
  readonly #maxLength: number;
  readonly #owners: Map<string, Owner> = new Map();
  readonly #byServer: Map<string, Map<string, string>>;
  /** The servers without a prefix that list a name. */
  readonly #unprefixed = new Map<string, string[]>();
  /** The only server that lists a name; null: several do. */
  readonly #listedBy = new Map<string, Owner | null>();

  constructor(servers: NamedServer[], namespaces: Namespaces, maxLength: number) {
    this.#servers = servers;
    this.#namespaces = namespaces;
    this.#maxLength = maxLength;
    this.#byId = new Map(servers.map((server) => [server.serverId, server]));
    this.#byServer = new Map(servers.map(({ serverId }) => [serverId, new Map<string, string>()]));
    for (const { serverId, prefix, names } of servers)
      for (const name of names ?? []) {
        this.#listedBy.set(name, this.#listedBy.has(name) ? null : { serverId, name });
        if (prefix !== null) continue;
        const sharing = this.#unprefixed.get(name);
        if (sharing) sharing.push(serverId);
        else this.#unprefixed.set(name, [serverId]);
      }
  }

  /** Gives the tools the names that they had, if those are still names of theirs. */
  keep(had: Owners, isRevised: boolean): void {
    const listed = new Map(
      this.#servers.map(({ serverId, names }) => [serverId, names && new Set(names)]),
    );
    for (const [exposed, { serverId, name }] of had) {
      const server = this.#byId.get(serverId);
      const isListed = listed.get(serverId)?.has(name) ?? true;
      if (server && isListed && this.#canKeep(exposed, server, name, isRevised))
        this.#give(exposed, server, name);
    }
  }

  #canKeep(exposed: string, server: NamedServer, name: string, isRevised: boolean): boolean {
    if (exposed === this.#toPreferred(server, name))
      return !this.#namespaces.isOfAnother(exposed, server.serverId);
    const mayImprove = isRevised && server.names !== null;
    return !mayImprove && this.#listOthers(server, name).includes(exposed);
  }

  /** Gives new tools the names that they would have alone, those with a prefix first. */
  assignPreferred(): void {
    const missing = this.#listMissing();
    for (const { server, name } of [
      ...missing.filter((item) => item.server.prefix !== null),
      ...missing.filter((item) => item.server.prefix === null),
    ]) {
      const isShared = server.prefix === null && (this.#unprefixed.get(name)?.length ?? 0) > 1;
      if (!isShared) this.#tryGive(this.#toPreferred(server, name), server, name);
    }
  }

  /** Gives each tool that has no name yet the first of its other names that is free. */
  assignOthers(): void {
    for (const { server, name } of this.#listMissing()) {
      const others = this.#listOthers(server, name);
      if (others.some((exposed) => this.#tryGive(exposed, server, name))) continue;
      // A long slug is cut, so that the name can begin like those of another server; the hash is still its own.
      const free = others.find((exposed) => !this.#owners.has(exposed));
      if (free !== undefined) this.#give(free, server, name);
    }
  }

  toExposedNames(): ExposedNames {
    const owners = this.#owners;
    return {
      owners,
      byServer: this.#byServer,
      find: (name) => owners.get(name) ?? this.#findByOwnName(name),
      keepsOwn: (serverId, name) => this.#keepsOwn(serverId, name),
      findHolders: (serverId, name) => this.#findHolders(serverId, name),
    };
  }

  /** A name that only one server has, unless it looks like a name of another one. */
  #findByOwnName(name: string): Owner | undefined {
    const owner = this.#listedBy.get(name);
    return owner && !this.#namespaces.isOfAnother(name, owner.serverId) ? owner : undefined;
  }

  #keepsOwn(serverId: string, name: string): boolean {
    const server = this.#byId.get(serverId);
    if (!server || server.prefix !== null) return false;
    return this.#byServer.get(serverId)?.get(name) === this.#toPreferred(server, name);
  }

  #findHolders(serverId: string, name: string): string[] {
    const server = this.#byId.get(serverId);
    if (!server) return [];
    const preferred = this.#toPreferred(server, name);
    const owner = this.#owners.get(preferred);
    if (owner?.serverId === serverId && owner.name === name) return [];
    if (owner) return [owner.serverId];
    return this.#namespaces.isOfAnother(preferred, serverId)
      ? this.#namespaces.ownersOf(preferred)
      : [];
  }

  #listMissing(): { server: NamedServer; name: string }[] {
    return this.#servers.flatMap((server) => {
      const named = this.#byServer.get(server.serverId);
      return (server.names ?? [])
        .filter((name) => !named?.has(name))
        .map((name) => ({ server, name }));
    });
  }

  #tryGive(exposed: string, server: NamedServer, name: string): boolean {
    const isFree = !this.#owners.has(exposed);
    if (!isFree || this.#namespaces.isOfAnother(exposed, server.serverId)) return false;
    this.#give(exposed, server, name);
    return true;
  }

  #give(exposed: string, { serverId }: NamedServer, name: string): void {
    this.#owners.set(exposed, { serverId, name });
    this.#byServer.get(serverId)?.set(name, exposed);
  }

  #toPreferred({ slug, prefix }: NamedServer, name: string): string {
    return this.#toValid(prefix === null ? name : `${prefix}_${name}`, slug, name);
  }

  /** The names after the preferred one, in this order; the last ones only tell the server. */
  #listOthers({ slug }: NamedServer, name: string): string[] {
    const own = toSlugForm(slug);
    const clean = toClean(own + name);
    const short = Array.from({ length: MAX_ATTEMPTS }, (_, i) =>
      this.#addHash(own.slice(0, -1), slug, i === 0 ? name : `${name}:${i}`),
    );
    return [this.#toValid(own + name, slug, name), this.#addHash(clean, slug, name), ...short];
  }

  #toValid(preferred: string, slug: string, name: string): string {
    const clean = toClean(preferred);
    return clean === preferred && clean.length <= this.#maxLength
      ? clean
      : this.#addHash(clean, slug, name);
  }

  #addHash(base: string, slug: string, name: string): string {
    return `${base.slice(0, this.#maxLength - 9)}_${hash(`${slug}:${name}`)}`;
  }
}

function toClean(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** FNV-1a, 32 bits. It only distinguishes names; it need not be cryptographic. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}
