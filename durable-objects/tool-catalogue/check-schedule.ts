import { TOOL_CATALOGUE_FRESH_MS } from "../../workers/contract/limits.ts";
import { HOUR_MS } from "../../workers/contract/units.ts";

/** Most time between two checks of a server that keeps failing. */
const MAX_DELAY_MS = HOUR_MS;

/**
 * When servers are checked in the background. A server whose checks fail is checked after twice the time with each failure,
 * so that dead servers do not cost every refresh and every periodic check their time budgets.
 */
export class CheckSchedule {
  /** Checks that failed in a row. */
  readonly #failures = new Map<string, number>();
  /** Epoch ms; none: at once. */
  readonly #dueAt = new Map<string, number>();

  /** The checks of this server that have failed since the last success. */
  failuresOf(id: string): number {
    return this.#failures.get(id) ?? 0;
  }

  isDue(id: string, now: number): boolean {
    return (this.#dueAt.get(id) ?? 0) <= now;
  }

  /** A check begins; no other one is due while it runs. */
  start(id: string, now: number): void {
    this.#dueAt.set(id, now + TOOL_CATALOGUE_FRESH_MS);
  }

  /** A check that began at `startedAt` has ended. `random`: from 0 to 1, so that servers that failed together part. */
  end(id: string, startedAt: number, failures: number, random: number): void {
    this.#failures.set(id, failures);
    this.#dueAt.set(id, startedAt + TOOL_CATALOGUE_FRESH_MS);
    if (failures > 0) this.#dueAt.set(id, startedAt + toDelay(failures) * (0.75 + random / 2));
  }

  /** The server is checked again at once. */
  forget(id: string): void {
    this.#failures.delete(id);
    this.#dueAt.delete(id);
  }
}

function toDelay(failures: number): number {
  return Math.min(TOOL_CATALOGUE_FRESH_MS * 2 ** failures, MAX_DELAY_MS);
}
