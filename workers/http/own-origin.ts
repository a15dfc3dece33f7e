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

/**
 * Returns the origin at which people sign in for requests to a host: passkeys do not work on an IP address, so that a loopback
 * address leads to `localhost`, where that is served, too.
 */
export function toSignInOrigin(host: string, isServed: (host: string) => boolean): string {
  const name = toHostName(host);
  const local = `localhost${host.slice(name.length)}`;
  return toLinkOrigin(LOOPBACK.has(name) && isServed(local) ? local : host);
}

/** Whether two origins are the same, by whichever name of a loopback host. That of a URN, for instance, is "null". */
export function isSameOrigin(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [URL.parse(one), URL.parse(other)];
  if (!a || !b || !LOOPBACK.has(a.hostname) || !LOOPBACK.has(b.hostname)) return false;
  return a.protocol === b.protocol && a.port === b.port;
}

/** A host without its port. */
export function toHostName(host: string): string {
  return host.replace(/:\d+$/, "");
}
