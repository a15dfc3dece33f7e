/** Handles the first item at once, and the items that come after it together, at most once per interval. */
export class Throttle<T> {
  readonly #intervalMs: number;
  readonly #maxItems: number;
  readonly #handle: (items: T[]) => Promise<void> | void;
  readonly #pending = new Set<T>();
  #isRunning = false;

  /** `maxItems`: pending items beyond this number are dropped. `handle` must not throw. */
  constructor(intervalMs: number, maxItems: number, handle: (items: T[]) => Promise<void> | void) {
    this.#intervalMs = intervalMs;
    this.#maxItems = maxItems;
    this.#handle = handle;
  }

  add(item: T): void {
    if (this.#pending.size < this.#maxItems) this.#pending.add(item);
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#pending.size > 0) {
      const items = [...this.#pending];
      this.#pending.clear();
      await this.#handle(items);
      await scheduler.wait(this.#intervalMs);
    }
    this.#isRunning = false;
  }
}
