/** What reserves names for a server. */
export interface NamespaceServer {
  serverId: string;
  slug: string;
  prefix: string | null;
}

/** The beginning of exposed names with a server's slug. */
export function toSlugForm(slug: string): string {
  return `${slug.replaceAll("-", "_")}__`;
}

/**
 * The beginnings of exposed names that belong to servers: `prefix_` and `server_slug__`. Of several that fit a name the
 * longest one counts. So no server can list a tool whose name looks like a tool of another server.
 */
export class Namespaces {
  /** Server ids by beginning. Two servers can have the same prefix. */
  readonly #owners = new Map<string, string[]>();

  constructor(servers: NamespaceServer[]) {
    for (const { serverId, slug, prefix } of servers)
      for (const start of [toSlugForm(slug), ...(prefix === null ? [] : [`${prefix}_`])])
        this.#owners.set(start, [...(this.#owners.get(start) ?? []), serverId]);
  }

  /** The servers that a name belongs to by its beginning; empty: it belongs to none. */
  ownersOf(name: string): string[] {
    for (let end = name.lastIndexOf("_"); end > 0; end = name.lastIndexOf("_", end - 1)) {
      const owners = this.#owners.get(name.slice(0, end + 1));
      if (owners) return owners;
    }
    return [];
  }

  /** Whether a name belongs to other servers only. */
  isOfAnother(name: string, serverId: string): boolean {
    const owners = this.ownersOf(name);
    return owners.length > 0 && !owners.includes(serverId);
  }
}
