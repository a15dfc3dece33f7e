const WINDOW_MS = 60_000;
/**
 * Number of keys at which idle ones are removed. The next sweep is at twice the remaining number, so sweeps are rare.
 */
const SWEEP_AT_KEYS = 10_000;

/**
 * An exact sliding window per key: of the requests in any 60 s, the first `limit` pass and the next is refused.
 * The windows are in memory: an object that restarts begins with empty ones.
 */
export class RateLimiter {
  readonly #windows = new Map<string, Window>();
  #sweepAt = SWEEP_AT_KEYS;

  /** Counts one request. Null: it passes; else the seconds (at least 1) until a request would pass. */
  take(key: string, limit: number, now: number): number | null {
    let window = this.#windows.get(key);
    if (!window) {
      if (this.#windows.size >= this.#sweepAt) this.#sweep(now);
      window = new Window();
      this.#windows.set(key, window);
    }
    return window.take(limit, now);
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
}
