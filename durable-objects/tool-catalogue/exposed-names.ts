import type { Owner, Owners } from "../storage/stored-name-owners.ts";
import { toClaimId } from "./claim-id.ts";
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
  /** The names that the lists alone do not determine: which server was there first decides. By exposed name. */
  listContested(): [exposed: string, owner: Owner][];
  /** The servers because of which a server's tool does not have the name that it would have alone; none: it has it. */
  findHolders(serverId: string, name: string): string[];
}

/** What names depend on besides the servers. */
export interface NamingTerms {
  maxLength: number;
  /** Names that tools had before they lost them, by `toClaimId`. */
  claims?: ReadonlyMap<string, string>;
  /** The servers whose prefix is another one than when the names that they `had` were given. */
  renamed?: ReadonlySet<string>;
  /** Whether a new name would cover something of another server. `isOwn`: it is the one of a server without a prefix. */
  isBlocked?: (exposed: string, serverId: string, name: string, isOwn: boolean) => boolean;
}

const INVALID = /[^A-Za-z0-9_-]/g;
/** Candidates of a tool that are shortened to a hash, at most. */
const MAX_ATTEMPTS = 16;

/**
 * Chooses the exposed names; `servers` by position. With a prefix: `prefix_tool`. Without: the tool's name, or
 * `server_slug__tool` if that is taken, or if several servers without a prefix have a tool of that name. A name has at
 * most `maxLength` characters of `[A-Za-z0-9_-]`; one that had to be changed ends in a hash of server and tool.
 *
 * A name that begins with a server's prefix or slug goes to that server only (`Namespaces`). Otherwise a tool keeps the
 * name that it `had`, as long as its server lists it, so that nothing that happens to another server changes it. A tool that
 * has lost a name, with its server, a prefix or to a namespace, gets it back where it is free. A new tool does not get
 * the own name of another server's tool, because calls with that name reached the other one.
 */
export function exposeNames(servers: NamedServer[], had: Owners, terms: NamingTerms): ExposedNames {
  const namer = new Namer(servers, new Namespaces(servers), terms);
  namer.keep(had);
  namer.assignClaimed();
  namer.assignPreferred();
  namer.assignOthers();
  return namer.toExposedNames();
}

class Namer {
  readonly #servers: NamedServer[];
  readonly #byId: Map<string, NamedServer>;
  readonly #namespaces: Namespaces;
  readonly #terms: Required<NamingTerms>;
  readonly #owners: Map<string, Owner> = new Map();
  readonly #byServer: Map<string, Map<string, string>>;
  /** The servers without a prefix that list a name. */
  readonly #unprefixed = new Map<string, string[]>();
  /** The only server that lists a name; null: several do. */
  readonly #listedBy = new Map<string, Owner | null>();
  #named: Map<string, number> | null = null;

  constructor(servers: NamedServer[], namespaces: Namespaces, terms: NamingTerms) {
    this.#servers = servers;
    this.#namespaces = namespaces;
    this.#terms = { claims: new Map(), renamed: new Set(), isBlocked: () => false, ...terms };
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
  keep(had: Owners): void {
    const listed = new Map(
      this.#servers.map(({ serverId, names }) => [serverId, names && new Set(names)]),
    );
    const isKept = (exposed: string, { serverId, name }: Owner): boolean => {
      const server = this.#byId.get(serverId);
      const isListed = listed.get(serverId)?.has(name) ?? true;
      return server !== undefined && isListed && this.#canKeep(exposed, server, name);
    };
    for (const [exposed, owner] of had) {
      const server = this.#byId.get(owner.serverId);
      if (!server || !isKept(exposed, owner)) continue;
      const claimed = this.#claimOf(server, owner.name) ?? exposed;
      const holder = had.get(claimed);
      const isFree = !holder || !isKept(claimed, holder);
      const returns = claimed !== exposed && isFree && this.#canHave(claimed, server);
      if (!returns) this.#give(exposed, server, owner.name);
    }
  }

  #canKeep(exposed: string, server: NamedServer, name: string): boolean {
    if (exposed === this.#toPreferred(server, name)) return this.#canHave(exposed, server);
    const isRenamed = this.#terms.renamed.has(server.serverId);
    return !isRenamed && this.#listOthers(server, name).includes(exposed);
  }

  #canHave(exposed: string, { serverId }: NamedServer): boolean {
    return !this.#namespaces.isOfAnother(exposed, serverId);
  }

  #claimOf({ serverId, prefix }: NamedServer, name: string): string | undefined {
    return this.#terms.claims.get(toClaimId(serverId, prefix, name));
  }

  /** Gives back names that tools have lost. A server whose list is not known gets all of its prefix, until it is. */
  assignClaimed(): void {
    const { claims } = this.#terms;
    if (claims.size === 0) return;
    const unknown = this.#servers.filter(({ names }) => names === null);
    const claimed = unknown.flatMap((server) => {
      const start = toClaimId(server.serverId, server.prefix, "");
      const own = [...claims.keys()].filter((id) => id.startsWith(start));
      return own.map((id) => ({ server, name: id.slice(start.length) }));
    });
    for (const { server, name } of [...this.#listMissing(), ...claimed]) {
      const exposed = this.#claimOf(server, name);
      if (exposed === undefined || this.#byServer.get(server.serverId)?.has(name)) continue;
      const isForm = [this.#toPreferred(server, name), ...this.#listOthers(server, name)];
      if (isForm.includes(exposed)) this.#tryGive(exposed, server, name);
    }
  }

  /** Gives new tools the names that they would have alone, those with a prefix first. */
  assignPreferred(): void {
    const missing = this.#listMissing();
    const known = this.#countNamed();
    for (const { server, name } of [
      ...missing.filter((item) => item.server.prefix !== null),
      ...missing.filter((item) => item.server.prefix === null),
    ]) {
      const isShared =
        server.prefix === null &&
        ((this.#unprefixed.get(name)?.length ?? 0) > 1 || known.has(name));
      if (!isShared) this.#tryGive(this.#toPreferred(server, name), server, name);
    }
  }

  /** By their own names, the tools that have a name for clients. */
  #countNamed(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { name } of this.#owners.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
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
      listContested: () => this.#listContested(),
      findHolders: (serverId, name) => this.#findHolders(serverId, name),
    };
  }

  /** A name that only one server has, unless it looks like a name of another one. */
  #findByOwnName(name: string): Owner | undefined {
    const owner = this.#listedBy.get(name);
    this.#named ??= this.#countNamed();
    // Also one that is disabled, or whose list is not known.
    if ((this.#named.get(name) ?? 0) > 1) return undefined;
    return owner && !this.#namespaces.isOfAnother(name, owner.serverId) ? owner : undefined;
  }

  #keepsOwn(serverId: string, name: string): boolean {
    const server = this.#byId.get(serverId);
    if (!server || server.prefix !== null) return false;
    return this.#byServer.get(serverId)?.get(name) === this.#toPreferred(server, name);
  }

  /**
   * Where all lists are known, every tool has the name that it would have alone, and no other tool wants or has it, the lists
   * determine all. What a server will list that was never read is not known: it can want every name.
   */
  #listContested(): [string, Owner][] {
    const isUnread = this.#servers.some(
      ({ serverId, names }) => names === null && this.#byServer.get(serverId)?.size === 0,
    );
    if (isUnread) return [...this.#owners];
    const named = this.#countNamed();
    const wanted = new Map<string, number>();
    const entries = [...this.#owners].map(([exposed, owner]) => {
      const server = this.#byId.get(owner.serverId);
      const preferred = server ? this.#toPreferred(server, owner.name) : "";
      wanted.set(preferred, (wanted.get(preferred) ?? 0) + 1);
      const isOpen =
        server?.names === null || (server?.prefix === null && (named.get(owner.name) ?? 0) > 1);
      return { entry: [exposed, owner] as [string, Owner], preferred, isOpen };
    });
    return entries
      .filter(
        ({ entry: [exposed], preferred, isOpen }) =>
          isOpen || exposed !== preferred || (wanted.get(preferred) ?? 0) > 1,
      )
      .map(({ entry }) => entry);
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
    if (!isFree || !this.#canHave(exposed, server)) return false;
    const isOwn = server.prefix === null && exposed === this.#toPreferred(server, name);
    if (this.#terms.isBlocked(exposed, server.serverId, name, isOwn)) return false;
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
    const clean = (own + name).replaceAll(INVALID, "_");
    const short = Array.from({ length: MAX_ATTEMPTS }, (_, i) =>
      this.#addHash(own.slice(0, -1), slug, i === 0 ? name : `${name}:${i}`),
    );
    return [this.#toValid(own + name, slug, name), this.#addHash(clean, slug, name), ...short];
  }

  #toValid(preferred: string, slug: string, name: string): string {
    const clean = preferred.replaceAll(INVALID, "_");
    return clean === preferred && clean.length <= this.#terms.maxLength
      ? clean
      : this.#addHash(clean, slug, name);
  }

  #addHash(base: string, slug: string, name: string): string {
    return `${base.slice(0, this.#terms.maxLength - 9)}_${hash(`${slug}:${name}`)}`;
  }
}

/** FNV-1a, 32 bits. It only distinguishes names; it need not be cryptographic. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}
