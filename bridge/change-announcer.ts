import { CHANGE_INTERVAL_MS, MAX_CHANGES_PER_INTERVAL } from "./limits.ts";
import type { Params } from "./message.ts";

/** A list_changed or resources/updated notification of the server. */
export interface ChangeNotification {
  method: string;
  params: Params | null;
  /** The updated resource; null: a list has changed. */
  uri: string | null;
}

/**
 * Passes the server's change notifications to its clients' streams: of each list and resource the first at once, and the
 * last of those that follow within a second.
 */
export class ChangeAnnouncer {
  readonly #listeners = new Set<(notification: ChangeNotification) => void>();
  /** By list and resource: what follows the one that was just passed on; null: nothing. */
  readonly #following = new Map<string, ChangeNotification | null>();

  /** Calls `listener` for every notification that is passed on, until the returned function is called. */
  listen(listener: (notification: ChangeNotification) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The server has sent a notification. */
  announce(notification: ChangeNotification): void {
    const key = `${notification.method} ${notification.uri ?? ""}`;
    if (this.#following.has(key)) this.#following.set(key, notification);
    else if (this.#following.size < MAX_CHANGES_PER_INTERVAL) this.#pass(key, notification);
  }

  #pass(key: string, notification: ChangeNotification): void {
    this.#following.set(key, null);
    setTimeout(() => {
      const next = this.#following.get(key);
      this.#following.delete(key);
      if (next) this.#pass(key, next);
    }, CHANGE_INTERVAL_MS).unref();
    for (const listener of this.#listeners) listener(notification);
  }
}
