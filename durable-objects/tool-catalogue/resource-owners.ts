import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { CatalogueNames } from "./catalogue-names.ts";
import { findUiResource } from "./tool-details.ts";
import { matchesTemplate } from "./uri-template.ts";

/** The servers of URIs. Cached: each subscribed resource is looked up at every change. */
export class ResourceOwners {
  readonly #servers: ServerRecord[];
  readonly #catalogues: ReadonlyMap<string, ToolCatalogue>;
  readonly #owners: Pick<CatalogueNames, "resources" | "templates">;
  readonly #listed = new Map<string, Set<string>>();
  readonly #ofTools = new Map<string, Set<string>>();

  /** `servers`: the enabled ones, by position. */
  constructor(
    servers: ServerRecord[],
    catalogues: ReadonlyMap<string, ToolCatalogue>,
    owners: Pick<CatalogueNames, "resources" | "templates">,
  ) {
    this.#servers = servers;
    this.#catalogues = catalogues;
    this.#owners = owners;
  }

  /**
   * The server of a URI, among those for which `isUsable` holds: its owner, else the first one that lists it, else the
   * first one with a tool whose user interface it is, else the one with the oldest matching template, else the only one
   * with resources. While the owner is disabled, no server has it.
   */
  find(uri: string, isUsable: (server: ServerRecord) => boolean): ServerRecord | undefined {
    const servers = this.#servers.filter(
      (server) =>
        isUsable(server) && this.#catalogueOf(server)?.capabilities["resources"] !== undefined,
    );
    const ownerId = this.#owners.resources.get(uri)?.serverId;
    if (ownerId !== undefined && this.#isDisabled(ownerId)) return undefined;
    const listed =
      this.#servers.find((server) => server.id === ownerId && isUsable(server)) ??
      servers.find((server) => this.#listedBy(server).has(uri)) ??
      servers.find((server) => this.#ofToolsOf(server).has(uri));
    if (listed) return listed;
    const matched = this.#findByTemplate(uri, servers);
    if (matched !== undefined) return matched === "disabled" ? undefined : matched;
    return servers.length === 1 ? servers[0] : undefined;
  }

  /** A server with names that is not among the enabled ones is disabled: the names of a deleted one are free. */
  #isDisabled(serverId: string): boolean {
    return !this.#servers.some(({ id }) => id === serverId);
  }

  /** An older template goes first, so that a server cannot take over reads by a new template that also matches. */
  #findByTemplate(uri: string, servers: ServerRecord[]): ServerRecord | "disabled" | undefined {
    const matches = (template: string) => template === uri || matchesTemplate(template, uri);
    for (const [template, { serverId }] of this.#owners.templates) {
      const owner = servers.find(({ id }) => id === serverId);
      if ((owner || this.#isDisabled(serverId)) && matches(template)) return owner ?? "disabled";
    }
    return servers.find((server) =>
      this.#catalogueOf(server)?.templates.some(({ key }) => matches(key)),
    );
  }

  #listedBy(server: ServerRecord): Set<string> {
    return findOrAdd(this.#listed, server.id, () =>
      (this.#catalogueOf(server)?.resources ?? []).map(({ key }) => key),
    );
  }

  #ofToolsOf(server: ServerRecord): Set<string> {
    return findOrAdd(this.#ofTools, server.id, () =>
      (this.#catalogueOf(server)?.tools ?? []).flatMap(({ json }) => findUiResource(json) ?? []),
    );
  }

  #catalogueOf({ id }: ServerRecord): ToolCatalogue | undefined {
    return this.#catalogues.get(id);
  }
}

function findOrAdd(sets: Map<string, Set<string>>, key: string, list: () => string[]): Set<string> {
  const known = sets.get(key);
  if (known) return known;
  const added = new Set(list());
  sets.set(key, added);
  return added;
}
