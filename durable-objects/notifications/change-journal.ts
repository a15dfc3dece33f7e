import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName } from "../../workers/contract/rpc/notification-stream.ts";

/** Resource updates that are kept. A client that was away for longer reads its resources again anyway. */
const MAX_UPDATES = 1_000;

interface ResourceUpdate {
  number: number;
  serverId: string;
  uri: string;
}

/** The changes that servers announced: a counter per list, and the last resource updates, numbered. */
export class ChangeJournal {
  readonly #listChanges = new Map<string, number>();
  readonly #updates: ResourceUpdate[] = [];
  /** Starts at the time in microseconds, so that it keeps growing across evictions of the object. */
  #lastNumber = Date.now() * 1_000;

  /** Number of the last resource update. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  addListChange(serverId: string, list: ListName): void {
    const key = `${serverId} ${list}`;
    this.#listChanges.set(key, (this.#listChanges.get(key) ?? 0) + 1);
  }

  addResourceUpdate(serverId: string, uri: string): void {
    this.#updates.push({ number: ++this.#lastNumber, serverId, uri });
    if (this.#updates.length > MAX_UPDATES) this.#updates.shift();
  }

  /** How many changes of the list these servers announced. */
  countListChanges(list: ListName, servers: ServerRecord[]): number {
    return servers.reduce((sum, { id }) => sum + (this.#listChanges.get(`${id} ${list}`) ?? 0), 0);
  }

  /** The resource updates with a higher number. */
  listUpdatesSince(number: number): ResourceUpdate[] {
    const first = this.#updates.findIndex((update) => update.number > number);
    return first === -1 ? [] : this.#updates.slice(first);
  }
}

/** Whether an update of `uri` concerns a subscription: the same URI, or a sub-resource (MCP, "Resource updated"). */
export function isWithinResource(uri: string, subscribed: string): boolean {
  if (!uri.startsWith(subscribed)) return false;
  return (
    uri.length === subscribed.length || subscribed.endsWith("/") || uri[subscribed.length] === "/"
  );
}
