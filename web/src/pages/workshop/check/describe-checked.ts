import type { Reading } from "../../../../../client-config/read.ts";
import { CLIENT_TRAITS } from "../../../../../workers/contract/marketplace/install/clients.ts";

/** What a text was read as. `reading` null: as a `server.json`. `isCompared`: whether the marketplace has answered. */
export function describeChecked(
  reading: Pick<Reading, "client" | "configuration"> | null,
  isCompared: boolean,
): string {
  if (!reading) return "Read as server.json.";
  const { client, configuration } = reading;
  const count = configuration.servers.length;
  const as = `${count} ${count === 1 ? "server" : "servers"}, read as the file of ${CLIENT_TRAITS[client].label}.`;
  return isCompared ? `${as} Compared with the marketplace.` : as;
}
