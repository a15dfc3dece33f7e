import type { Budgets } from "../contract/limits.ts";
import { withTimeout } from "../runtime/with-timeout.ts";

/** The wait for one response: within the idle budget, which any byte starts again, and within the total budget. */
export class ResponseWait {
  readonly #idleMs: number;
  readonly #endsAt: number;
  #lastByteAt = Date.now();

  constructor({ idleMs, totalMs }: Budgets) {
    this.#idleMs = idleMs;
    this.#endsAt = Date.now() + totalMs;
  }

  /** A byte of the response arrived. */
  receiveBytes(): void {
    this.#lastByteAt = Date.now();
  }

  /** The value of a promise, or `late` when one of the budgets is used up. */
  async within<T>(value: Promise<T>): Promise<T | "late"> {
    while (this.#remainingMs() > 0) {
      const result = await withTimeout(value, this.#remainingMs());
      if (result !== "late") return result;
    }
    // The value is not wanted any more, so nor is its failure.
    value.catch(() => undefined);
    return "late";
  }

  #remainingMs(): number {
    return Math.min(this.#lastByteAt + this.#idleMs, this.#endsAt) - Date.now();
  }
}
