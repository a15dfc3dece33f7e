import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import { findUiResource } from "./tool-details.ts";
import { matchesTemplate } from "./uri-template.ts";

/** The URIs that the servers of a workspace provide. Cached: each subscribed resource is looked up at every change. */
export class ResourceOwners {
  readonly #servers: ServerRecord[];
  readonly #catalogues: Map<string, ToolCatalogue>;
  readonly #listed = new Map<string, Set<string>>();
  readonly #ofTools = new Map<string, Set<string>>();

  /** `servers`: the enabled ones, by position. */
  constructor(servers: ServerRecord[], catalogues: Map<string, ToolCatalogue>) {
    this.#servers = servers;
    this.#catalogues = catalogues;
  }

  /**
   * The server of a URI, among those for which `isUsable` holds: the first one that lists it, else the first one with a
   * tool whose user interface it is, else the first one with a matching template, else the only one with resources.
   */
  find(uri: string, isUsable: (server: ServerRecord) => boolean): ServerRecord | undefined {
    const servers = this.#servers.filter(
      (server) =>
        isUsable(server) && this.#catalogueOf(server)?.capabilities["resources"] !== undefined,
    );
    const hasTemplate = (server: ServerRecord) =>
      this.#catalogueOf(server)?.templates.some(
        ({ key }) => key === uri || matchesTemplate(key, uri),
      );
    return (
      servers.find((server) => this.#listedBy(server).has(uri)) ??
      servers.find((server) => this.#ofToolsOf(server).has(uri)) ??
      servers.find(hasTemplate) ??
      (servers.length === 1 ? servers[0] : undefined)
    );
  }

  #listedBy(server: ServerRecord): Set<string> {
    return findOrAdd(this.#listed, server.id, () =>
      (this.#catalogueOf(server)?.resources ?? []).map(({ key }) => key),
    );
  }

  /** A server's list of resources need not have the user interfaces of its tools. */
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
