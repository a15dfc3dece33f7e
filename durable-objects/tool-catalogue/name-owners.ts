import type { OwnersByKind } from "../storage/stored-name-owners.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/**
 * The stored owners of exposed names and URIs: they survive evictions, so that a restart gives no name to another server.
 * Only differences are written.
 */
export class NameOwners {
  readonly #storage: WorkspaceStorage;
  #owners: OwnersByKind;
  #servers: string | null;

  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
    this.#owners = storage.loadNameOwners();
    this.#servers = storage.readMeta("named_servers");
  }

  get current(): OwnersByKind {
    return this.#owners;
  }

  /** Whether the servers or their prefixes are others than at the last `save`; false before the first one. */
  isRevision(servers: { id: string; prefix: string | null }[]): boolean {
    return this.#servers !== null && this.#servers !== toText(servers);
  }

  save(owners: OwnersByKind, servers: { id: string; prefix: string | null }[]): void {
    const text = toText(servers);
    this.#storage.saveNameOwners(this.#owners, owners);
    if (text !== this.#servers) this.#storage.writeMeta("named_servers", text);
    this.#owners = owners;
    this.#servers = text;
  }
}

function toText(servers: { id: string; prefix: string | null }[]): string {
  return JSON.stringify(servers.map(({ id, prefix }) => `${id} ${prefix ?? ""}`).toSorted());
}
