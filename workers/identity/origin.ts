import ipaddr from "ipaddr.js";
import { toDashboardOrigins, toHostName } from "../http/own-origin.ts";

/**
 * Returns the WebAuthn relying party of a host (WebAuthn level 3, section 5.1.2). Null: WebAuthn excludes IP addresses.
 */
export function toRelyingParty(host: string): { id: string; origins: string[] } | null {
  const id = toHostName(host);
  if (id.startsWith("[") || ipaddr.isValid(id)) return null;
  return { id, origins: toDashboardOrigins(host) };
}

/**
 * Whether a page of this host sent the request, by the browser's `Sec-Fetch-Site` (Fetch Metadata). Browsers without
 * that header are checked by `Origin`. Defends against cross-site request forgery.
 */
export function isSameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  return toDashboardOrigins(headers.get("host") ?? "").includes(headers.get("origin") ?? "");
}
