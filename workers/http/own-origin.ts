const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Returns the origins of the dashboard on a host: https, and on loopback also http. The host includes the port and was
 * checked against `ALLOWED_HOSTS`.
 */
export function toDashboardOrigins(host: string): string[] {
  const isLocal = LOOPBACK.has(toHostName(host));
  return isLocal ? [`http://${host}`, `https://${host}`] : [`https://${host}`];
}

/** Returns the origin for a link to the dashboard or to the gateway. */
export function toLinkOrigin(host: string): string {
  return toDashboardOrigins(host)[0] ?? `https://${host}`;
}

/** A host without its port. */
export function toHostName(host: string): string {
  return host.replace(/:\d+$/, "");
}
