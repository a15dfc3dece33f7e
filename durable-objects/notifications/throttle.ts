/** Gathers what comes in bursts and hands it on at once the first time, then at most once in an interval. */
export class Throttle<T> {
  readonly #intervalMs: number;
  readonly #maxItems: number;
  readonly #handle: (items: T[]) => Promise<void>;
  readonly #waiting = new Set<T>();
  #isBusy = false;

  /** `maxItems`: what waits beyond them is dropped. `handle` must not throw. */
  constructor(intervalMs: number, maxItems: number, handle: (items: T[]) => Promise<void>) {
    this.#intervalMs = intervalMs;
    this.#maxItems = maxItems;
    this.#handle = handle;
  }

  add(item: T): void {
    if (this.#waiting.size < this.#maxItems) this.#waiting.add(item);
    if (!this.#isBusy) void this.#empty();
  }

  async #empty(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.size > 0) {
      const items = [...this.#waiting];
      this.#waiting.clear();
      await this.#handle(items);
      await scheduler.wait(this.#intervalMs);
    }
    this.#isBusy = false;
  }
}
