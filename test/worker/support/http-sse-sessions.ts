/** Waits until every connection to an HTTP+SSE server has renewed its lease, which it does every 5 s. */
export function waitForRenewals(): Promise<void> {
  return scheduler.wait(6_000);
}
