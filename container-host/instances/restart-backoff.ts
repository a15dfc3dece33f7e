/** A server that was ready for this long counts as recovered: its next end starts a new series of failures. */
const RECOVERED_AFTER_MS = 10_000;
const FIRST_DELAY_MS = 250;
const MAX_FAILURES = 6;

/** The reaction to the end of a server that had been ready. `failures`: ends in the current series. */
export type RestartDecision =
  | { kind: "restart"; delayMs: number; failures: number }
  | { kind: "give_up" };

/** Restarts after 250 ms, doubled each time. The sixth end in a series is final. */
export function decideRestart(failures: number, readyForMs: number): RestartDecision {
  const count = readyForMs >= RECOVERED_AFTER_MS ? 1 : failures + 1;
  if (count >= MAX_FAILURES) return { kind: "give_up" };
  return { kind: "restart", delayMs: FIRST_DELAY_MS * 2 ** (count - 1), failures: count };
}
