/** A server that ran this long was up: what ends it later is a first failure again. */
const STEADY_MS = 10_000;
const FIRST_DELAY_MS = 250;
const MAX_FAILURES = 6;

/** What follows the end of a server that had been ready. */
export type Retry = { kind: "again"; delayMs: number; failures: number } | { kind: "give_up" };

/** Doubling delays from 250 ms; after the sixth end in a row, each within 10 s of the one before, no more. */
export function decideRetry(failures: number, ranForMs: number): Retry {
  const count = ranForMs >= STEADY_MS ? 1 : failures + 1;
  if (count >= MAX_FAILURES) return { kind: "give_up" };
  return { kind: "again", delayMs: FIRST_DELAY_MS * 2 ** (count - 1), failures: count };
}
