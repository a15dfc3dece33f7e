/**
 * Whether a URL is on a host of this deployment: a gateway, the management API, the dashboard. `host`: of the request;
 * `allowed`: `ALLOWED_HOSTS`. Another name of a gateway is recognised when the server is checked.
 */
export function isOwnAddress(url: string, host: string, allowed: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host: target } = new URL(url);
  const own = [host, ...(allowed === "*" ? [] : allowed.split(","))];
  return own.some((name) => toComparable(protocol, name) === withoutRootDot(target));
}

/** A host as it is written in a URL of this protocol, which leaves its default port out. */
function toComparable(protocol: string, host: string): string | null {
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? withoutRootDot(new URL(url).host) : null;
}

function withoutRootDot(host: string): string {
  return host.replace(/\.+(?=:\d+$|$)/, "");
}
