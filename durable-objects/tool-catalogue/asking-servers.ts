import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/**
 * The servers that have sent a request which the client of a call supported. Only calls to them are held by objects from
 * the start.
 */
export class AskingServers {
  readonly #storage: WorkspaceStorage;
  /** By server id: the newest call that was in flight when the server sent its first request. Later calls are held. */
  readonly #lastUnheld: Map<string, number>;

  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
    this.#lastUnheld = new Map(
      readStored<[string, number][]>(storage.readMeta("asking_servers") ?? "[]"),
    );
  }

  has(serverId: string): boolean {
    return this.#lastUnheld.has(serverId);
  }

  /** The number of the last call that is not held; 0: the server has sent no request. */
  lastUnheld(serverId: string): number {
    return this.#lastUnheld.get(serverId) ?? 0;
  }

  /** `newest`: the newest call in flight. */
  add(serverId: string, newest: number): void {
    if (this.#lastUnheld.has(serverId)) return;
    this.#lastUnheld.set(serverId, newest);
    this.#save();
  }

  forget(serverId: string): void {
    if (this.#lastUnheld.delete(serverId)) this.#save();
  }

  #save(): void {
    this.#storage.writeMeta("asking_servers", JSON.stringify([...this.#lastUnheld]));
  }
}
