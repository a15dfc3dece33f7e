const WINDOW_MS = 60_000;
/** Keys held before idle ones are swept out; after that whenever their number has doubled, so that a sweep is rare. */
const SWEEP_AT = 10_000;

/**
 * An exact sliding window per key: of the requests in any 60 s, the first `limit` pass and the next is refused.
 * Held in memory: an object that restarts begins with empty windows.
 */
export class RateLimiter {
  readonly #windows = new Map<string, Window>();
  #sweepAt = SWEEP_AT;

  /** Counts one request; null when it passes, else the seconds (at least 1) until one would. */
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
    this.#sweepAt = Math.max(SWEEP_AT, this.#windows.size * 2);
  }
}

/** The instants of the passed requests of the last 60 s, oldest first. */
class Window {
  #instants: number[] = [];
  #head = 0;

  get newest(): number {
    return this.#instants.at(-1) ?? 0;
  }

  take(limit: number, now: number): number | null {
    while (
      this.#head < this.#instants.length &&
      (this.#instants[this.#head] ?? 0) <= now - WINDOW_MS
    )
      this.#head++;
    if (this.#head > 512 && this.#head * 2 > this.#instants.length) {
      this.#instants = this.#instants.slice(this.#head);
      this.#head = 0;
    }
    const passed = this.#instants.length - this.#head;
    if (passed < limit) {
      this.#instants.push(now);
      return null;
    }
    const freeAt = (this.#instants[this.#instants.length - limit] ?? now) + WINDOW_MS;
    return Math.max(1, Math.ceil((freeAt - now) / 1000));
  }
}
