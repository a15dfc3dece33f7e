import ipaddr from "ipaddr.js";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The origins under which the dashboard of a host is a page: https, and on this machine plain http too. The host is
 * one that the Worker answers under (`ALLOWED_HOSTS`), port included.
 */
function dashboardOrigins(host: string): string[] {
  const isLocal = LOOPBACK.has(hostNameOf(host));
  return isLocal ? [`http://${host}`, `https://${host}`] : [`https://${host}`];
}

/** The origin that a link to the dashboard begins with. */
export function linkOrigin(host: string): string {
  return dashboardOrigins(host)[0] ?? `https://${host}`;
}

/** The WebAuthn relying party of a host (WebAuthn level 3, section 5.1.2); null: an IP address, which cannot be one. */
export function relyingPartyOf(host: string): { id: string; origins: string[] } | null {
  const id = hostNameOf(host);
  if (id.startsWith("[") || ipaddr.isValid(id)) return null;
  return { id, origins: dashboardOrigins(host) };
}

/**
 * Whether the browser says that a page of this very host sent the request (Fetch Metadata); browsers that do not say so
 * name the page's origin.
 */
export function isSameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  return dashboardOrigins(headers.get("host") ?? "").includes(headers.get("origin") ?? "");
}

function hostNameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}
