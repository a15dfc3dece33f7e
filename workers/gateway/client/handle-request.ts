import { acceptsTasks } from "../../mcp/client-capabilities.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { relayCall } from "../call/relay-call.ts";
import { toAddress, type RequestContext } from "../context.ts";
import { handleSubscriptionsListen } from "../notifications/handle-subscriptions-listen.ts";
import { accountResponse } from "./account-response.ts";
import {
  capabilitiesResponse,
  denialResponse,
  encodeList,
  listResponse,
  refusedResponse,
  unroutableResponse,
} from "./admission-responses.ts";
import { admit } from "./admission.ts";
import { cacheList, findCachedList } from "./list-cache.ts";
import { jsonResponse, resultText } from "./responses.ts";

/** An MCP request: the Workspace decides on it; then it is relayed to an upstream, or the gateway responds itself. */
export async function handleRequest(
  message: McpRequest,
  context: RequestContext,
): Promise<Response> {
  const { era, method, target, protocolVersion, clientName, clientVersion } = message;
  const cursor = toCursor(message);
  const usesTasks = acceptsTasks(message);
  const listKey = `${toAddress(context)} ${context.digest} ${era} ${usesTasks} ${method} ${cursor ?? ""}`;
  const cached = findCachedList(listKey);
  const admission = await admit(context, {
    era,
    method,
    target,
    cursor,
    knownEtag: cached?.etag ?? null,
    protocolVersion,
    clientName,
    clientVersion,
    session: context.session?.key ?? null,
    clientCapabilities: JSON.stringify(message.clientCapabilities),
    acceptsTasks: usesTasks,
    isForwarded: context.via.length > 0,
  });
  switch (admission.kind) {
    case "route":
      return relayCall(message, admission.route, context);
    case "list": {
      const { view } = admission;
      // What was known at the request: meanwhile the cache can have dropped it.
      if (view.items === null && cached) return listResponse(message, cached);
      const list = encodeList(view);
      cacheList(listKey, list);
      return listResponse(message, list);
    }
    case "capabilities":
      return capabilitiesResponse(message, admission, context);
    case "admitted":
      if (method === "subscriptions/listen") return handleSubscriptionsListen(message, context);
      return jsonResponse(resultText(message, "", false).join(""));
    case "refused":
      return refusedResponse(message, admission, context);
    case "unroutable":
      return admission.account && admission.error.code === "needs_account"
        ? accountResponse(
            message,
            admission.account,
            { serverName: admission.serverName, cause: admission.error.cause },
            context,
          )
        : unroutableResponse(message, admission);
    case "unauthorized":
    case "rate_limited":
    case "stopped":
    case "unknown_server":
    case "unavailable":
      return denialResponse(message.id, admission);
  }
}

function toCursor({ values }: McpRequest): string | null {
  const cursor = values["cursor"];
  return typeof cursor === "string" ? cursor : null;
}
