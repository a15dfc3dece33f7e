/**
 * Limits how many servers start at the same time: a start needs a whole core, so more at once only make each other late.
 * The others wait in order.
 */
export class StartQueue {
  readonly #parallel: number;
  readonly #capacity: number;
  /** Callbacks that give the waiting starts their turn, oldest first. */
  readonly #waiting = new Set<() => void>();
  #active = 0;

  /** `parallel`: starts at the same time. `capacity`: starts that wait before new instances are refused. */
  constructor({ parallel, capacity }: { parallel: number; capacity: number }) {
    this.#parallel = parallel;
    this.#capacity = capacity;
  }

  /** Whether new instances must be refused. */
  get isFull(): boolean {
    return this.#active >= this.#parallel && this.#waiting.size >= this.#capacity;
  }

  /** Runs the start at its turn; `onWait` is called if it must wait. Null: the signal came before its turn. */
  async run<T>(
    start: () => Promise<T>,
    onWait: () => void,
    signal: AbortSignal,
  ): Promise<T | null> {
    if (this.#active < this.#parallel) this.#active += 1;
    else {
      onWait();
      if (!(await this.#waitForTurn(signal))) return null;
    }
    try {
      return await start();
    } finally {
      this.#endTurn();
    }
  }

  /** False: the signal came first. */
  #waitForTurn(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(false);
      const leave = () => {
        this.#waiting.delete(begin);
        resolve(false);
      };
      const begin = () => {
        signal.removeEventListener("abort", leave);
        resolve(true);
      };
      this.#waiting.add(begin);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** Gives the turn to the start that has waited longest. */
  #endTurn(): void {
    const [next] = this.#waiting;
    if (!next) this.#active -= 1;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
