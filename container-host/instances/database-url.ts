import { isIP } from "node:net";
import { FORWARD_PORT, type Destination } from "../network/egress-proxy.ts";

const DEFAULT_PORTS: Record<string, number> = {
  "postgres:": 5432,
  "postgresql:": 5432,
  "mysql:": 3306,
  "mariadb:": 3306,
};
const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** A database's server, and its URL rewritten to the TCP forward at the container's gateway. */
export interface RoutedDatabaseUrl {
  destination: Destination;
  /** Keeps the host name, so that the certificate matches; the container resolves it to the gateway. */
  url: string;
}

/** Null: not a URL with exactly one host name. An IP address cannot be redirected by name resolution. */
export function routeDatabaseUrl(text: string): RoutedDatabaseUrl | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const host = url.hostname.toLowerCase();
  const port = Number(url.port) || DEFAULT_PORTS[url.protocol];
  if (!HOST_NAME.test(host) || isIP(host) !== 0 || host === "localhost" || !port) return null;
  url.port = String(FORWARD_PORT);
  return { destination: { host, port }, url: url.href };
}
