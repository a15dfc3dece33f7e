import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ListName } from "../../workers/contract/rpc/watch.ts";

/** Updates of resources that are remembered; who was away for longer reads anew anyway. */
const MAX_UPDATES = 1_000;

interface Update {
  number: number;
  serverId: string;
  uri: string;
}

/** What servers said of changes: how often of each list, and the last updates of resources, numbered. */
export class ChangeJournal {
  readonly #counts = new Map<string, number>();
  readonly #updates: Update[] = [];
  /** Goes on growing from one life of the object to the next, so that numbers of an earlier one are in the past. */
  #last = Date.now() * 1_000;

  /** Number of the last update. */
  get last(): number {
    return this.#last;
  }

  addList(serverId: string, list: ListName): void {
    const key = `${serverId} ${list}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  addUpdate(serverId: string, uri: string): void {
    this.#updates.push({ number: ++this.#last, serverId, uri });
    if (this.#updates.length > MAX_UPDATES) this.#updates.shift();
  }

  /** How often the servers announced a change of the list. */
  countOf(list: ListName, servers: ServerRecord[]): number {
    return servers.reduce((sum, { id }) => sum + (this.#counts.get(`${id} ${list}`) ?? 0), 0);
  }

  updatesSince(number: number): Update[] {
    const first = this.#updates.findIndex((update) => update.number > number);
    return first === -1 ? [] : this.#updates.slice(first);
  }
}

/** Whether news of `uri` are news of the followed URI: the same, or a part of it (MCP, "Resource updated"). */
export function isWithinResource(uri: string, followed: string): boolean {
  if (!uri.startsWith(followed)) return false;
  return uri.length === followed.length || followed.endsWith("/") || uri[followed.length] === "/";
}
