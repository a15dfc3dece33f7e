/**
 * Repeats work while it returns true. The pending timer keeps the object in memory, without an alarm and thus without
 * storage: pending I/O does so for 15 minutes from its start (compatibility date 2026-10-01).
 */
export class Heartbeat {
  readonly #object: Pick<DurableObjectState, "waitUntil">;
  readonly #intervalMs: number;
  readonly #beat: () => Promise<boolean>;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    object: Pick<DurableObjectState, "waitUntil">,
    intervalMs: number,
    beat: () => Promise<boolean>,
  ) {
    this.#object = object;
    this.#intervalMs = intervalMs;
    this.#beat = beat;
  }

  /** Begins, unless it has begun. */
  start(): void {
    this.#timer ??= setTimeout(() => this.#object.waitUntil(this.#run()), this.#intervalMs);
  }

  /** Ends. Work that runs goes on, and its result decides whether it is repeated. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #run(): Promise<void> {
    this.#timer = null;
    if (await this.#beat()) this.start();
  }
}
