const GATEWAY_PATH = /^\/api\/gw(\/|$)/;

/**
 * Whether a URL is one of this deployment's gateways. `host`: of the request; `allowed`: `ALLOWED_HOSTS`. Another name
 * that leads here is recognised when the server is checked.
 */
export function isOwnGateway(url: string, host: string, allowed: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host: target, pathname } = new URL(url);
  if (!GATEWAY_PATH.test(pathname)) return false;
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
