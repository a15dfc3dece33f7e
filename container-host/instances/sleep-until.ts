import { setTimeout as sleep } from "node:timers/promises";

/** Waits, but at most until the signal is aborted. Never rejects. */
export async function sleepUntil(delayMs: number, signal: AbortSignal): Promise<void> {
  // The only rejection is the signal's.
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
}
