const PREEMPTED = Symbol("preempted");

/** Limits how many pieces of asynchronous work run at the same time; with a limit of 1 they run one after the other. */
export class Semaphore {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  /** Ends work that has had its time, so that waiting work gets its place. */
  readonly #overdue = new Set<() => void>();
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs work as soon as fewer than the limit run. Waiting work starts in the order of the calls. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running++;
    else
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        const [end] = this.#overdue;
        end?.();
      });
    try {
      return await work();
    } finally {
      // The next work takes over the place, so that no other can take it in between.
      const startNext = this.#waiting.shift();
      if (startNext) startNext();
      else this.#running--;
    }
  }

  /**
   * As `run`, but work that has run for `sliceMs` gives its place to waiting work: its signal is aborted, and it starts
   * again behind the others, with twice the time. Slow work thus delays no other, and gets its time in the end.
   */
  async runInSlices<T>(sliceMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (let ms = sliceMs; ; ms *= 2) {
      const result = await this.run(() => this.#runSlice(ms, work));
      if (result !== PREEMPTED) return result;
    }
  }

  async #runSlice<T>(
    ms: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | typeof PREEMPTED> {
    const stop = new AbortController();
    const { promise: preempted, resolve } = Promise.withResolvers<typeof PREEMPTED>();
    const end = () => {
      this.#overdue.delete(end);
      stop.abort();
      resolve(PREEMPTED);
    };
    const timer = setTimeout(() => {
      if (this.#waiting.length > 0) end();
      else this.#overdue.add(end);
    }, ms);
    const running = work(stop.signal);
    // The failure of aborted work is of no interest.
    running.catch(() => undefined);
    try {
      return await Promise.race([running, preempted]);
    } finally {
      clearTimeout(timer);
      this.#overdue.delete(end);
    }
  }
}
