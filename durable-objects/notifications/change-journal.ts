import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName } from "../../workers/contract/rpc/notification-stream.ts";

/** Resource updates that are kept. A client that was away for longer reads its resources again anyway. */
const MAX_UPDATES = 1_000;

interface ResourceUpdate {
  number: number;
  serverId: string;
  uri: string;
}

/**
 * The changes that servers announced, numbered: the last one of each list, and the last resource updates. In memory: what
 * is announced is sent to all streams before the object can leave memory.
 */
export class ChangeJournal {
  /** The number of the last change of a server's list. */
  readonly #listChanges = new Map<string, number>();
  readonly #updates: ResourceUpdate[] = [];
  /** Starts at the time in microseconds, so that it keeps growing when the object is constructed again. */
  #lastNumber = Date.now() * 1_000;

  /** Number of the last change. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  addListChange(serverId: string, list: ListName): void {
    this.#listChanges.set(`${serverId} ${list}`, ++this.#lastNumber);
  }

  addResourceUpdate(serverId: string, uri: string): void {
    this.#updates.push({ number: ++this.#lastNumber, serverId, uri });
    if (this.#updates.length > MAX_UPDATES) this.#updates.shift();
  }

  /** Whether one of these servers announced a change of the list with a higher number. */
  hasListChangeSince(number: number, list: ListName, servers: ServerRecord[]): boolean {
    return servers.some(({ id }) => (this.#listChanges.get(`${id} ${list}`) ?? 0) > number);
  }

  /** The resource updates with a higher number. */
  listUpdatesSince(number: number): ResourceUpdate[] {
    const first = this.#updates.findIndex((update) => update.number > number);
    return first === -1 ? [] : this.#updates.slice(first);
  }
}
