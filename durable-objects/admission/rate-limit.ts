import { readStored } from "../storage/stored-json.ts";

const WINDOW_MS = 60_000;
/**
 * Number of keys at which idle ones are removed. The next sweep is at twice the remaining number, so sweeps are rare.
 */
const SWEEP_AT_KEYS = 10_000;
/** Stored times are rounded up to this many ms, so that a window has at most 600 of them. */
const STORED_STEP_MS = 100;

/**
 * An exact sliding window per key: of the requests in any 60 s, the first `limit` pass and the next is refused.
 * The windows are in memory. `save` stores those that changed, so that an eviction of the object, which needs a longer
 * silence than the time between two saves, loses none; a crash loses the requests since the last save.
 */
export class RateLimiter {
  readonly #sql: SqlStorage;
  readonly #windows = new Map<string, Window>();
  readonly #unsaved = new Set<string>();
  #sweepAt = SWEEP_AT_KEYS;

  /** Continues with the stored windows. `sql` has the table `rate_windows`; `now` in epoch ms. */
  constructor(sql: SqlStorage, now: number) {
    this.#sql = sql;
    const query = "SELECT key, passed FROM rate_windows WHERE newest > ?";
    for (const { key, passed } of sql.exec<{ key: string; passed: string }>(query, now - WINDOW_MS))
      this.#windows.set(key, new Window(readStored<number[]>(passed)));
  }

  /** Counts one request. Null: it passes; else the seconds (at least 1) until a request would pass. */
  take(key: string, limit: number, now: number): number | null {
    let window = this.#windows.get(key);
    if (!window) {
      if (this.#windows.size >= this.#sweepAt) this.#sweep(now);
      window = new Window();
      this.#windows.set(key, window);
    }
    const waitSeconds = window.take(limit, now);
    if (waitSeconds === null) this.#unsaved.add(key);
    return waitSeconds;
  }

  /** Whether `save` would write. */
  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  /** Stores the windows that changed since the last save, and removes those that are over. */
  save(now: number): void {
    for (const key of this.#unsaved) {
      const window = this.#windows.get(key);
      if (!window) continue;
      const passed = JSON.stringify(window.toStored());
      this.#sql.exec(
        "INSERT OR REPLACE INTO rate_windows VALUES (?, ?, ?)",
        key,
        window.newest,
        passed,
      );
    }
    this.#unsaved.clear();
    this.#sql.exec("DELETE FROM rate_windows WHERE newest <= ?", now - WINDOW_MS);
  }

  #sweep(now: number): void {
    for (const [key, window] of this.#windows) {
      if (window.newest <= now - WINDOW_MS) this.#windows.delete(key);
    }
    this.#sweepAt = Math.max(SWEEP_AT_KEYS, this.#windows.size * 2);
  }
}

/** The times of the requests that passed in the last 60 s, oldest first. */
class Window {
  #passedAt: number[] = [];
  #head = 0;

  /** `stored`: from `toStored`. */
  constructor(stored: number[] = []) {
    for (let i = 0; i < stored.length; i += 2)
      for (let count = stored[i + 1] ?? 0; count > 0; count--) this.#passedAt.push(stored[i] ?? 0);
  }

  get newest(): number {
    return this.#passedAt.at(-1) ?? 0;
  }

  take(limit: number, now: number): number | null {
    while (
      this.#head < this.#passedAt.length &&
      (this.#passedAt[this.#head] ?? 0) <= now - WINDOW_MS
    )
      this.#head++;
    if (this.#head > 512 && this.#head * 2 > this.#passedAt.length) {
      this.#passedAt = this.#passedAt.slice(this.#head);
      this.#head = 0;
    }
    const passed = this.#passedAt.length - this.#head;
    if (passed < limit) {
      this.#passedAt.push(now);
      return null;
    }
    const freeAt = (this.#passedAt[this.#passedAt.length - limit] ?? now) + WINDOW_MS;
    return Math.max(1, Math.ceil((freeAt - now) / 1000));
  }

  /** Alternately a time (epoch ms, rounded up to a step) and its number of requests. */
  toStored(): number[] {
    const stored: number[] = [];
    for (const passedAt of this.#passedAt.slice(this.#head)) {
      const step = Math.ceil(passedAt / STORED_STEP_MS) * STORED_STEP_MS;
      if (stored.at(-2) === step) stored[stored.length - 1] = (stored.at(-1) ?? 0) + 1;
      else stored.push(step, 1);
    }
    return stored;
  }
}
