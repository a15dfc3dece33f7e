import { MAX_WORKSPACE_CATALOGUE_BYTES } from "../../workers/contract/limits.ts";
import {
  LIST_KINDS,
  type CatalogueItem,
  type ToolCatalogue,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { isSameJson } from "../../workers/mcp/json.ts";
import { fitCatalogue, sizeOfCatalogue } from "../../workers/upstream/catalogue-size.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

const NO_LISTS = { tools: null, prompts: null, resources: null, templates: null, skills: null };

/**
 * What each server showed last, in memory and in SQLite. All together have at most `MAX_WORKSPACE_CATALOGUE_BYTES`;
 * a server keeps its place as long as it fills it, so that no other server's list shortens its own.
 */
export class KeptCatalogues {
  readonly byServer: Map<string, ToolCatalogue>;
  readonly #storage: WorkspaceStorage;
  /** Bytes in memory, by server id. */
  readonly #sizes: Map<string, number>;

  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
    this.byServer = storage.loadCatalogues();
    this.#sizes = new Map(
      [...this.byServer].map(([id, catalogue]) => [id, sizeOfCatalogue(catalogue)]),
    );
  }

  /** Keeps of a fetched catalogue what the other servers leave room for. False: that is what is stored already. */
  save(serverId: string, fetched: ToolCatalogue): boolean {
    const catalogue = fitCatalogue(fetched, this.#roomFor(serverId));
    const known = this.byServer.get(serverId);
    if (known && isSameCatalogue(known, catalogue)) return false;
    this.#storage.saveCatalogue(serverId, catalogue);
    this.byServer.set(serverId, catalogue);
    this.#sizes.set(serverId, sizeOfCatalogue(catalogue));
    return true;
  }

  /** Forgets a catalogue. False: there was none. */
  delete(serverId: string): boolean {
    this.#sizes.delete(serverId);
    if (!this.byServer.delete(serverId)) return false;
    this.#storage.deleteCatalogue(serverId);
    return true;
  }

  #roomFor(serverId: string): number {
    const others = [...this.#sizes].filter(([id]) => id !== serverId);
    return others.reduce((room, [, size]) => room - size, MAX_WORKSPACE_CATALOGUE_BYTES);
  }
}

/** Compared by items: the texts of two whole catalogues would take their memory again. */
export function isSameCatalogue(one: ToolCatalogue, other: ToolCatalogue): boolean {
  return (
    LIST_KINDS.every((kind) => isSameList(one[kind], other[kind])) &&
    isSameJson({ ...one, ...NO_LISTS }, { ...other, ...NO_LISTS })
  );
}

function isSameList(one: CatalogueItem[], other: CatalogueItem[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ key, json }, i) => key === other[i]?.key && json === other[i].json)
  );
}
