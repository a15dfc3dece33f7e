import { isIP } from "node:net";
import { FORWARD_PORT, type Destination } from "../network/egress-proxy.ts";

const DEFAULT_PORTS: Record<string, number> = {
  "postgres:": 5432,
  "postgresql:": 5432,
  "mysql:": 3306,
  "mariadb:": 3306,
};
const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Where a database's URL leads, and the same URL through the forward on the container's gateway. */
export interface RoutedUrl {
  destination: Destination;
  /** The host's name stays as it is, so that its certificate fits; the container resolves it to the gateway. */
  url: string;
}

/** Null: not a URL with one host's name. An address has no name that could be led elsewhere. */
export function routeDatabaseUrl(text: string): RoutedUrl | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const host = url.hostname.toLowerCase();
  const port = Number(url.port) || DEFAULT_PORTS[url.protocol];
  if (!HOST_NAME.test(host) || isIP(host) !== 0 || host === "localhost" || !port) return null;
  url.port = String(FORWARD_PORT);
  return { destination: { host, port }, url: url.href };
}
