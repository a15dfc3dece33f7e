/** Changes within this time wake the waiting requests together. */
const GATHER_MS = 20;

/** Wakes the requests that wait for a change. */
export class ChangeSignal {
  readonly #waiters = new Set<() => void>();
  #isScheduled = false;

  get isAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Wakes all waiting requests in a moment. */
  fire(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      for (const wake of this.#waiters) wake();
    }, GATHER_MS);
  }

  /** Waits for the next change, `ms` at most. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiters.add(wake);
    });
  }
}
