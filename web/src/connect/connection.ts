import { toConnectionName, toTokenVariable } from "../../../workers/contract/connection-name.ts";
import type { Connection } from "./clients/client.ts";
import { toGatewayUrl } from "./gateway-url.ts";

/** What a client needs to connect to a workspace. `token`: in clear; null: its value is not known. */
export function toConnection(slug: string, token: string | null): Connection {
  return {
    name: toConnectionName(slug),
    url: toGatewayUrl(slug),
    token,
    variable: toTokenVariable(slug),
  };
}
