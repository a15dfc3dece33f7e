/** Wakes those who wait for a change of shared state; each checks by itself what has changed. */
export class ChangeSignal {
  #waiting: (() => void)[] = [];

  /** Wakes all who wait. */
  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves at the next change, or at the deadline (epoch ms). */
  wait(deadline = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const timer = deadline === Infinity ? undefined : setTimeout(resolve, deadline - Date.now());
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
