/** Handles the first item at once, and the items that come after it together, at most once per interval. */
export class Throttle<T> {
  readonly #intervalMs: number;
  readonly #maxItems: number;
  readonly #handle: (items: T[]) => Promise<void> | void;
  readonly #pending = new Set<T>();
  #handling: Promise<void> | void = undefined;
  #isRunning = false;

  /** `maxItems`: pending items beyond this number are dropped. `handle` must not throw. */
  constructor(
    intervalMs: number,
    handle: (items: T[]) => Promise<void> | void,
    maxItems = Infinity,
  ) {
    this.#intervalMs = intervalMs;
    this.#maxItems = maxItems;
    this.#handle = handle;
  }

  add(item: T): void {
    if (this.#pending.size < this.#maxItems) this.#pending.add(item);
    if (!this.#isRunning) void this.#run();
  }

  /** Handles the pending items now. Returns when all items are handled. */
  async flush(): Promise<void> {
    await this.#handling;
    if (this.#pending.size > 0) await this.#handlePending();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#pending.size > 0) {
      await this.#handlePending();
      await scheduler.wait(this.#intervalMs);
    }
    this.#isRunning = false;
  }

  async #handlePending(): Promise<void> {
    const items = [...this.#pending];
    this.#pending.clear();
    this.#handling = this.#handle(items);
    await this.#handling;
  }
}
