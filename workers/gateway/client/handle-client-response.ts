import type { McpResponse } from "../../mcp/message.ts";
import type { RequestContext } from "../context.ts";
import { forwardClientResponse, openServerRequestId } from "../elicitation/server-requests.ts";
import { denialResponse } from "./admission-responses.ts";
import { callWorkspace, denyUnlessAuthenticated } from "./admission.ts";
import { emptyResponse } from "./responses.ts";

/** A client's response to a server request: forwards it to the server or the call that waits for it. */
export async function handleClientResponse(
  message: McpResponse,
  context: RequestContext,
): Promise<Response> {
  const { env, slug, boundTo } = context;
  const serverRequest = openServerRequestId(message.id ?? "", env, slug, boundTo);
  if (serverRequest?.kind !== "legacy_server") {
    const denial = await denyUnlessAuthenticated(context);
    if (denial) return denialResponse("null", denial);
    if (serverRequest) await forwardClientResponse(message, serverRequest, null, context);
    return emptyResponse(202);
  }
  const { serverId } = serverRequest;
  const route = await callWorkspace(context, async (workspace, client) =>
    workspace.routeClientResponse({ ...client, serverId }),
  );
  if (route.kind === "route")
    await forwardClientResponse(message, serverRequest, route.endpoint, context);
  else if (route.kind !== "no_route") return denialResponse("null", route);
  return emptyResponse(202);
}
