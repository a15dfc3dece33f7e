import { FLOOD_PAUSE_MS } from "../../workers/contract/limits.ts";
import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/** The servers that sent more change notifications than the gateway reads, and are not listened to for a while. Stored. */
export class FloodedServers {
  readonly #storage: WorkspaceStorage;
  /** By server id, epoch ms. */
  readonly #until: Map<string, number>;
  readonly #forgotten = new Set<string>();

  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
    const stored = storage.readMeta("flooded_servers");
    this.#until = new Map(stored === null ? [] : readStored<[string, number][]>(stored));
  }

  add(id: string, now: number): void {
    this.#until.set(id, now + FLOOD_PAUSE_MS);
    for (const [other, until] of this.#until) if (until <= now) this.#until.delete(other);
    this.#save();
  }

  /** Until when (epoch ms) the server is not listened to; null: it is. */
  pausedUntil(id: string, now: number): number | null {
    const until = this.#until.get(id) ?? 0;
    return until > now ? until : null;
  }

  /** An admin wants the server to be tried again at once. */
  forget(id: string): void {
    this.#forgotten.add(id);
    if (this.#until.delete(id)) this.#save();
  }

  /** The servers that were forgotten since the last call. */
  takeForgotten(): string[] {
    const forgotten = [...this.#forgotten];
    this.#forgotten.clear();
    return forgotten;
  }

  #save(): void {
    this.#storage.writeMeta("flooded_servers", JSON.stringify([...this.#until]));
  }
}
