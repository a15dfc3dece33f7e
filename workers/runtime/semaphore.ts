/** Limits how many pieces of asynchronous work run at the same time; with a limit of 1 they run one after the other. */
export class Semaphore {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs work as soon as fewer than the limit run. Waiting work starts in the order of the calls. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The next work takes over the place, so that no other can take it in between.
      const startNext = this.#waiting.shift();
      if (startNext) startNext();
      else this.#running--;
    }
  }
}
