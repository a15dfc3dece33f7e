import { workspacesOf } from "../../runtime/objects.ts";
import type { Call } from "./call.ts";

/**
 * Checks that the call is still allowed, and renews its endpoint: after a round of input, which can take minutes, or after the
 * server has refused the access token of this version. False: it is not, or there is no other token.
 * @throws when the Workspace object cannot be reached
 */
export async function reauthorizeCall(call: Call, refusedToken?: number): Promise<boolean> {
  const { route, message, context } = call;
  const endpoint = await workspacesOf(context.env)
    .getByName(context.slug)
    .reauthorize({
      digest: context.digest,
      client: { name: message.clientName, version: message.clientVersion },
      era: message.era,
      method: message.method,
      serverId: route.endpoint.serverId,
      key: route.target ?? "",
      ...(refusedToken === undefined ? {} : { refusedToken }),
    });
  const { serverId, url } = route.endpoint;
  if (endpoint?.serverId !== serverId || endpoint.url !== url) return false;
  call.reroute({ endpoint });
  return true;
}
