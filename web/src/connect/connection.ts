import { toConnectionName, toTokenVariable } from "../../../workers/contract/connection-name.ts";
import type { Connection } from "./clients/client.ts";
import { toGatewayUrl, toSignInUrl } from "./gateway-url.ts";

/** What a client needs to connect to a workspace. `token`: in clear; null: its value is not known. */
export function toConnection(slug: string, token: string | null): Connection {
  return {
    name: toConnectionName(slug),
    url: toGatewayUrl(slug),
    token,
    variable: toTokenVariable(slug),
  };
}

/** What a client needs from which a person signs in to a workspace. */
export function toSignInConnection(slug: string): Connection {
  return { ...toConnection(slug, null), url: toSignInUrl(slug), signsIn: true };
}
